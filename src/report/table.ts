/** For a terminal: the figures, and under them in words what stands out, what it ran on, how the checks ended, where it lies. */
import type { Reporter, Result } from '../contract/index.js';
import { columnsOf, spreadOf } from './columns.js';
import { checkFacts, planLines, rateFacts, repeatWith, setupFacts, type Fact } from './facts.js';
import { faultFacts } from './faults.js';
import { layOut, type Column } from './grid.js';
import { painter, type Ink, type Paint, printable } from '../base/paint.js';
import { groupBy, wrap } from './text.js';
import { thresholdFacts } from './thresholds.js';
import { timelines } from './timeline.js';
import { whatStandsOut, type Word, type WordLevel } from './words.js';

const leastColumns = 60;
/** Prose is not read in lines longer than this, however wide the terminal. */
const mostProseColumns = 100;
/** Of each violation; the rest is in the result. */
const evidenceLimit = 20;
const roundsRemark = 'Rates are medians over the rounds; latencies and violations are of all rounds together.';
/** Labels up to this length stand beside what is said of them. */
const labelLimit = 24;

const levels: Readonly<Record<WordLevel, readonly [title: string, ink: Ink]>> = {
  violation: ['VIOLATION', 'red'],
  warning: ['warning', 'yellow'],
  note: ['note', 'dim'],
};

export default {
  name: 'table',
  help: 'figures and words for a terminal',
  render(result, style) {
    const columns = Number.isFinite(style.columns)
      ? Math.max(leastColumns, Math.floor(style.columns))
      : mostProseColumns;
    const prose = Math.min(columns, mostProseColumns);
    const paint = painter(style.colour);
    const blocks = [
      planLines(result).flatMap((line) => wrap(line, prose, '', 2)),
      figures(result, columns, paint),
      timelineLines(result, prose, paint),
      factLines('Arrival rate', rateFacts(result), prose, paint),
      wordLines(whatStandsOut(result), prose, paint),
      factLines('Thresholds', thresholdFacts(result), prose, paint),
      factLines('Faults', faultFacts(result), prose, paint),
      factLines('Ran on', result.runs.length > 0 ? setupFacts(result) : [], prose, paint),
      factLines('Checks', checkFacts(result), prose, paint),
      closingLines(result, prose),
    ];
    return `${blocks
      .filter((block) => block.length > 0)
      .map((block) => block.join('\n'))
      .join('\n\n')}\n`;
  },
} satisfies Reporter;

function figures({ runs }: Result, columns: number, paint: Paint): readonly string[] {
  if (runs.length === 0) return [];
  const rows = runs.map((run) => {
    const spread = spreadOf(run);
    return spread === null ? { label: run.strategy } : { label: run.strategy, remark: spread };
  });
  const { lines, left } = layOut(rows, columnsOf(runs), columns, paint);
  const remarks = [
    ...(runs.some(({ repeats }) => repeats.length > 1) ? [roundsRemark] : []),
    ...(left.length > 0 ? [`Too narrow for ${names(left)}; --format markdown has all columns.`] : []),
  ];
  return [...lines, ...remarks.flatMap((remark) => wrap(remark, columns)).map((line) => paint('dim', line))];
}

/** Columns that went together are told together. */
function names(left: readonly Column[]): string {
  const told = groupBy(left, ({ rank }) => String(rank)).map(([, columns]) => {
    const [{ group, title }] = columns;
    return columns.length > 1 && group !== undefined ? group : title;
  });
  return told.join(', ');
}

function timelineLines(result: Result, columns: number, paint: Paint): readonly string[] {
  const drawn = timelines(result, columns);
  if (drawn.length === 0) return [];
  const first = result.runs.some(({ repeats }) => repeats.length > 1) ? ' of the first round' : '';
  const lines = drawn.map(({ text, ink }) => (ink === undefined ? text : paint(ink, text)));
  return [paint('bold', `Timeline${first}`), ...lines];
}

function closingLines(result: Result, columns: number): readonly string[] {
  const again = repeatWith(result);
  return [
    ...(again === null ? [] : [again.words, ...wrap(again.command, columns, '  ')]),
    ...(result.folder === null ? [] : [`Results: ${result.folder}`]),
  ];
}

function wordLines(words: readonly Word[], columns: number, paint: Paint): readonly string[] {
  if (words.length === 0) return [];
  return [paint('bold', 'What stands out'), ...words.flatMap((word) => told(word, columns, paint))];
}

function told({ level, text, evidence = [] }: Word, columns: number, paint: Paint): readonly string[] {
  const [title, ink] = levels[level];
  const first = `  ${title.padEnd(9)}  `;
  const [head, ...more] = wrap(text, columns, first);
  const shown = evidence.slice(0, evidenceLimit).flatMap((line) => {
    if (line.length + 4 <= columns) return [`    ${printable(line)}`];
    const indent = 4 + line.length - line.trimStart().length;
    return wrap(line, columns, ' '.repeat(indent), indent + 2);
  });
  const hidden = evidence.length - evidenceLimit;
  const rest = hidden > 0 ? [`    ... and ${hidden} more lines in the result`] : [];
  return [
    `  ${paint(ink, title)}${head.slice(2 + title.length)}`,
    ...more,
    ...[...shown, ...rest].map((line) => paint('dim', line)),
  ];
}

function factLines(title: string, facts: readonly Fact[], columns: number, paint: Paint): readonly string[] {
  if (facts.length === 0) return [];
  const all = facts.map(({ labels, text }) => ({ label: labels.join(', '), text }));
  // Several facts of one run stand under its label.
  const told = all.map(({ label, text }, at) => ({ label: at > 0 && all[at - 1].label === label ? '' : label, text }));
  const width = Math.max(0, ...told.map(({ label }) => label.length).filter((length) => length <= labelLimit));
  return [
    paint('bold', title),
    ...told.flatMap(({ label, text }) =>
      label.length <= labelLimit
        ? wrap(text, columns, `  ${label.padEnd(width)}  `)
        : [...wrap(label, columns, '  ', 2), ...wrap(text, columns, ' '.repeat(width + 4))],
    ),
  ];
}
