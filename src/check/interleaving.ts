/**
 * A space-time diagram in text: time runs downwards, each contender has a column, and where the servers' answers were kept
 * each server has one too, so that one sees who let both in. A line is one moment. `|` stands for a holder inside, `:` for
 * one that is inside though its lease is over.
 */
import { duringLimit, type CheckContext } from '../contract/index.js';
import { momentsOf } from './moments.js';
import { ms, since, type Overlap, type Section } from './overlaps.js';
import { thief, type Moment, type Scene, type Story, type Weight } from './scene.js';
import { serverColumns, type ServerColumns } from './server-columns.js';
import { beganNs } from './trace-moments.js';

/** Under an indent of four it fits into a hundred columns. */
const widthLimit = 96;
const linesLimit = 15;
const contendersLimit = 4;
const leastColumn = 6;
/** What is left out first. */
const droppable: readonly Weight[] = ['step', 'server', 'turn'];

/** From the grant of the one inside to the entry that met it. `closing` says what the last moment means. */
export function interleaving(
  story: Story,
  context: CheckContext,
  overlap: Overlap,
  closing: string | null = null,
): string[] {
  const { inside, entering } = overlap;
  const span = {
    key: inside.key,
    fromNs: Math.min(...[inside, entering].map((one) => beganNs(story, context, one)), inside.enterNs),
    toNs: entering.enterNs,
  };
  const by = thief(story, overlap);
  const others = story.sections(span).filter(({ enterNs }) => enterNs >= inside.enterNs);
  const cast = [inside, ...(by === null ? [] : [by]), entering, ...others].map(({ contender }) => contender);
  const everybody = [...new Set(cast)];
  const contenders = everybody.slice(0, contendersLimit);
  const lines = spaceTime(story, context, { ...span, contenders }, closing);
  const unseen = everybody.length - contenders.length;
  const least = others.length < duringLimit - 1 ? '' : 'at least ';
  return unseen > 0 ? [...lines, `  (${least}${unseen} more had the lock in between)`] : lines;
}

/** One scene, drawn: from there, or from the entry of those who are inside by then. */
export function spaceTime(story: Story, context: CheckContext, asked: Scene, closing: string | null = null): string[] {
  const scene = withEntries(story, asked);
  const all = momentsOf(story, context, scene);
  const moments = thinned(all);
  const present = story.sections(scene);
  const times = moments.map(({ atNs }) => since(story, atNs));
  const timeWidth = Math.max(0, ...times.map((time) => time.length)) + 4;
  const names = scene.contenders.map(context.contenderNames);
  const step = Math.max(leastColumn, ...names.map((name) => name.length + 2));
  const offsetOf = (contender: number | null): number =>
    contender === null ? 0 : step * Math.max(0, scene.contenders.indexOf(contender));
  const texts = moments.filter(({ answers }) => answers.size > 0);
  const serversAt = Math.max(0, ...texts.map(({ contender, text }) => offsetOf(contender) + text.length)) + 2;
  const servers = serverColumns(moments, story, context.nodeNames, widthLimit - timeWidth - serversAt);
  const head = servers === null ? [] : [blank(timeWidth + serversAt - servers.prefix.length) + servers.heading];
  const lines = moments.map((moment, at) => {
    const life = scene.contenders.map((contender) => lifeline(present, contender, moment.atNs));
    const body = overlay(life, step, offsetOf(moment.contender), moment.text);
    return `  ${times[at].padStart(timeWidth - 4)}  ${answered(body, moment, serversAt, servers)}`;
  });
  const last = moments.at(-1);
  const omitted = all.length - moments.length;
  return [
    ...head,
    ...lines.map((line) => clipped(line.trimEnd())),
    ...(closing === null ? [] : [clipped(`${blank(timeWidth + offsetOf(last?.contender ?? null))}^ ${closing}`)]),
    ...(omitted > 0 ? [`  (${omitted} more ${omitted === 1 ? 'step' : 'steps'} left out)`] : []),
  ];
}

/** From the entry of those who are inside as the scene begins: what lease they act on belongs to it. */
function withEntries(story: Story, scene: Scene): Scene {
  const entriesNs = story
    .sections({ ...scene, toNs: scene.fromNs })
    .filter(({ contender, leaveNs }) => scene.contenders.includes(contender) && leaveNs > scene.fromNs)
    .map(({ enterNs }) => enterNs);
  return { ...scene, fromNs: Math.min(scene.fromNs, ...entriesNs) };
}

/** `both hold: w0.1 for another 1966.000 ms`: how a double grant ends. */
export function bothHold(context: CheckContext, { inside, entering }: Overlap): string {
  const leftNs = inside.validUntilNs - entering.enterNs;
  const name = context.contenderNames(inside.contender);
  return leftNs === Infinity ? `both hold: ${name} without expiry` : `both hold: ${name} for another ${ms(leftNs)}`;
}

/** At most so many moments: of those that tell least, the ones in the middle go. The first and the last always stay. */
function thinned(moments: readonly Moment[]): readonly Moment[] {
  let kept = [...moments];
  for (const weight of droppable) {
    while (kept.length > linesLimit) {
      const middle = (kept.length - 1) / 2;
      const found = kept
        .map((moment, at) => ({ moment, at }))
        .filter(({ moment, at }) => moment.weight === weight && at > 0 && at < kept.length - 1)
        .sort((a, b) => Math.abs(a.at - middle) - Math.abs(b.at - middle))
        .at(0);
      if (found === undefined) break;
      kept = kept.filter((moment) => moment !== found.moment);
    }
  }
  return kept;
}

/** What stands in the column of a contender beside somebody else's moment. */
function lifeline(present: readonly Section[], contender: number, atNs: number): string {
  const section = present.find((one) => one.contender === contender && one.enterNs <= atNs && one.leaveNs > atNs);
  if (section === undefined) return ' ';
  return section.validUntilNs > atNs ? '|' : ':';
}

/** The text in its column, and what stands beside it where it leaves room. */
function overlay(life: readonly string[], step: number, offset: number, text: string): string {
  const beside = life.map((mark) => mark.padEnd(step)).join('');
  return `${beside.slice(0, offset)}${text} ${beside.slice(offset + text.length + 1)}`.trimEnd();
}

function answered(body: string, { answers }: Moment, serversAt: number, servers: ServerColumns | null): string {
  if (servers === null || answers.size === 0) return body;
  return body.padEnd(serversAt).slice(0, serversAt) + servers.cells(answers);
}

function clipped(line: string): string {
  return line.length <= widthLimit ? line : `${line.slice(0, widthLimit - 3)}...`;
}

function blank(width: number): string {
  return ' '.repeat(Math.max(0, width));
}
