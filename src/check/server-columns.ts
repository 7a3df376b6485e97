/** The servers of a space-time diagram: a narrow column each, headed by its name, with what it answered. */
import type { Moment, Story } from './scene.js';

export interface ServerColumns {
  /** What the names of all have in common, "master "; it stands once, left of the columns. */
  readonly prefix: string;
  readonly heading: string;
  cells(answers: ReadonlyMap<number, string>): string;
}

const answerLimit = 6;
/** " of 15" */
const restWidth = 6;
const noAnswer: ReadonlySet<string> = new Set(['TIMEOUT', 'DOWN', 'RESET']);

/** As many as fit into the width, those that matter first; null when none answered, or not even two fit. */
export function serverColumns(
  moments: readonly Moment[],
  story: Story,
  nodeNames: readonly string[],
  width: number,
): ServerColumns | null {
  const asked = [...new Set(moments.flatMap(({ answers }) => [...answers.keys()]))].sort((a, b) => a - b);
  if (asked.length === 0) return null;
  const nameOf = (node: number): string => nodeNames.at(node) ?? `server ${node + 1}`;
  const prefix = commonPrefix(asked.map(nameOf));
  const labels = new Map(asked.map((node) => [node, nameOf(node).slice(prefix.length)]));
  const told = moments.flatMap(({ answers }) => [...answers.values()].map(short));
  const size = Math.max(...[...labels.values(), ...told].map((text) => text.length)) + 2;
  const all = Math.floor(width / size);
  const room = all >= asked.length ? all : Math.floor((width - restWidth) / size);
  if (room < Math.min(2, asked.length)) return null;
  const matter = asked.filter((node) => letSeveralIn(moments, node) || isHit(story, nameOf(node)));
  const shown = [...matter, ...asked.filter((node) => !matter.includes(node))].slice(0, room).sort((a, b) => a - b);
  const rest = shown.length < asked.length ? `of ${asked.length}` : '';
  return {
    prefix,
    heading: (prefix + shown.map((node) => labels.get(node)!.padEnd(size)).join('') + rest).trimEnd(),
    cells: (answers) => shown.map((node) => short(answers.get(node) ?? '').padEnd(size)).join(''),
  };
}

/** More than one of them had its OK: where a double grant comes from. */
function letSeveralIn(moments: readonly Moment[], node: number): boolean {
  const letIn = moments.filter(({ answers }) => answers.get(node) === 'OK').map(({ contender }) => contender);
  return new Set(letIn).size > 1;
}

function isHit({ faults }: Story, name: string): boolean {
  return faults.some(({ target }) => target.split(', ').includes(name));
}

function short(answer: string): string {
  return noAnswer.has(answer) ? 'none' : answer.slice(0, answerLimit);
}

/** "master " of "master 1" and "master 2"; empty for a single one, whose name is short enough. */
function commonPrefix(names: readonly string[]): string {
  const [first] = names;
  if (names.length < 2) return '';
  const prefix = /^\D* /.exec(first)?.[0] ?? '';
  return names.every((name) => name.startsWith(prefix)) ? prefix : '';
}
