/**
 * A space-time diagram in text: time runs downwards, each contender has a column, and where the servers' answers were kept
 * each server has one too, so that one sees who let both in. A line is one moment. `|` stands for a holder inside, `:` for
 * one that is inside though its lease is over.
 */
import type { CheckContext, History } from '../contract/index.js';
import { momentsOf } from './moments.js';
import { ms, since, thief, type Overlap } from './overlaps.js';
import { rowsOf, type Moment, type Scene, type Weight } from './scene.js';
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
  history: History,
  context: CheckContext,
  overlap: Overlap,
  closing: string | null = null,
): string[] {
  const { rows } = history;
  const { inside, entering } = overlap;
  const span = {
    key: rows.key[inside],
    fromNs: Math.min(...[inside, entering].map((row) => beganNs(history, context, row)), rows.enterNs[inside]),
    toNs: rows.enterNs[entering],
  };
  const by = thief(rows, overlap);
  const others = rowsOf(history, span).filter((row) => rows.enterNs[row] >= rows.enterNs[inside]);
  const cast = [inside, ...(by === null ? [] : [by]), entering, ...others].map((row) => rows.contender[row]);
  const everybody = [...new Set(cast)];
  const contenders = everybody.slice(0, contendersLimit);
  const lines = spaceTime(history, context, { ...span, contenders }, closing);
  const unseen = everybody.length - contenders.length;
  return unseen > 0 ? [...lines, `  (${unseen} more had the lock in between)`] : lines;
}

/** One scene, drawn: from there, or from the entry of those who are inside by then. */
export function spaceTime(
  history: History,
  context: CheckContext,
  asked: Scene,
  closing: string | null = null,
): string[] {
  const scene = withEntries(history, asked);
  const all = momentsOf(history, context, scene);
  const moments = thinned(all);
  const present = rowsOf(history, scene);
  const times = moments.map(({ atNs }) => since(history, atNs));
  const timeWidth = Math.max(0, ...times.map((time) => time.length)) + 4;
  const names = scene.contenders.map(context.contenderNames);
  const step = Math.max(leastColumn, ...names.map((name) => name.length + 2));
  const offsetOf = (contender: number | null): number =>
    contender === null ? 0 : step * Math.max(0, scene.contenders.indexOf(contender));
  const texts = moments.filter(({ answers }) => answers.size > 0);
  const serversAt = Math.max(0, ...texts.map(({ contender, text }) => offsetOf(contender) + text.length)) + 2;
  const servers = serverColumns(moments, history, context.nodeNames, widthLimit - timeWidth - serversAt);
  const head = servers === null ? [] : [blank(timeWidth + serversAt - servers.prefix.length) + servers.heading];
  const lines = moments.map((moment, at) => {
    const life = scene.contenders.map((contender) => lifeline(history, present, contender, moment.atNs));
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
function withEntries(history: History, scene: Scene): Scene {
  const entriesNs = rowsOf(history, { ...scene, toNs: scene.fromNs })
    .filter((row) => scene.contenders.includes(history.rows.contender[row]) && history.rows.leaveNs[row] > scene.fromNs)
    .map((row) => history.rows.enterNs[row]);
  return { ...scene, fromNs: Math.min(scene.fromNs, ...entriesNs) };
}

/** `both hold: w0.1 for another 1966.000 ms`: how a double grant ends. */
export function bothHold({ rows }: History, context: CheckContext, { inside, entering }: Overlap): string {
  const leftNs = rows.validUntilNs[inside] - rows.enterNs[entering];
  const name = context.contenderNames(rows.contender[inside]);
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
function lifeline({ rows }: History, present: readonly number[], contender: number, atNs: number): string {
  const row = present.find(
    (one) => rows.contender[one] === contender && rows.enterNs[one] <= atNs && rows.leaveNs[one] > atNs,
  );
  if (row === undefined) return ' ';
  return rows.validUntilNs[row] > atNs ? '|' : ':';
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
