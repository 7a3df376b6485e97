/** The one line that tells how far a run is, as text for a log and in pieces that fit a terminal. Pure. */
import { formatCount, formatMs, formatRate, formatUs } from '../base/units.js';
import type { Tick } from '../run/observer.js';
import { printable, type Ink } from '../base/paint.js';

export interface Piece {
  readonly text: string;
  readonly ink?: Ink;
}

const labelLimit = 30;
const barLimit = 24;
const barLeast = 6;

/** For a log. */
export function tickText(state: Tick): string {
  return `${printable(state.label)}: ${timeText(state)}, ${rateText(state)}, ${violationsText(state.violations)}`;
}

/** The bar takes what the figures leave and is the first to go, then p99 and the time so far; violations stay in sight. */
export function tickPieces(state: Tick, columns: number): readonly Piece[] {
  const label = printable(state.label);
  const name = label.length > labelLimit ? `${label.slice(0, labelLimit - 3)}...` : label;
  const found = violationsText(state.violations);
  const long = ` ${timeText(state)}  ${rateText(state)}  `;
  const short = ` ${leftText(state)}  ${formatRate(state.rateHz)}  `;
  const figures = name.length + long.length + found.length <= columns ? long : short;
  const room = Math.min(barLimit, columns - name.length - figures.length - found.length - 2);
  return [
    { text: name, ink: 'bold' },
    ...(room < barLeast ? [] : [{ text: `  ${bar(doneRatio(state), room)}`, ink: 'green' as const }]),
    { text: figures },
    state.violations > 0 ? { text: found, ink: 'red' } : { text: found },
  ];
}

function bar(ratio: number | null, width: number): string {
  if (ratio === null) return '';
  const full = Math.round(ratio * width);
  return `${'#'.repeat(full)}${'.'.repeat(width - full)}`;
}

/** Null when no end is known. */
function doneRatio({ elapsedMs, totalMs, done, total }: Tick): number | null {
  const ratio = totalMs !== null ? elapsedMs / totalMs : done !== undefined && total ? done / total : NaN;
  return Number.isNaN(ratio) ? null : Math.min(1, Math.max(0, ratio));
}

/** `4.0s of 10.0s, 6.0s left`; with an end by count, `4.0s, 1,200 of 5,000, 12.7s left`. */
function timeText(state: Tick): string {
  const { elapsedMs, totalMs, done, total } = state;
  if (totalMs !== null) return `${seconds(elapsedMs)} of ${seconds(totalMs)}, ${leftText(state)}`;
  if (done === undefined || total === undefined) return seconds(elapsedMs);
  return `${seconds(elapsedMs)}, ${formatCount(done)} of ${formatCount(total)}, ${leftText(state)}`;
}

/** By the clock, or as it went until now; `?` before there is anything to go by. */
function leftText(state: Tick): string {
  const { elapsedMs, totalMs } = state;
  const ratio = doneRatio(state);
  if (totalMs !== null) return `${seconds(Math.max(0, totalMs - elapsedMs))} left`;
  return ratio === null || ratio === 0 ? '? left' : `${seconds((elapsedMs * (1 - ratio)) / ratio)} left`;
}

/** Steady while it counts: tenths of a second, then minutes. */
function seconds(ms: number): string {
  return ms < 1_000_000 ? `${(ms / 1e3).toFixed(1)}s` : formatMs(ms);
}

function rateText({ rateHz, p99Us }: Tick): string {
  return `${formatRate(rateHz)}, p99 ${formatUs(p99Us)}`;
}

function violationsText(violations: number): string {
  return `${formatCount(violations)} ${violations === 1 ? 'violation' : 'violations'}`;
}

/** The pieces that fit into `columns`, the last of them in part: a line that wraps cannot be redrawn. */
export function cut(pieces: readonly Piece[], columns: number): readonly Piece[] {
  let room = Math.max(0, columns);
  return pieces.map((piece) => {
    const text = piece.text.slice(0, room);
    room -= text.length;
    return { ...piece, text };
  });
}
