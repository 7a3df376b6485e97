/**
 * Long times in which nobody held a lock although somebody waited for it. A hand-over takes a retry's delay; what lasts for
 * half a lease or more is something else. Of the key that has most of them.
 */
import { rowFlags, type GrantRows, type History, type RunResult, type Wait } from '../contract/index.js';

interface Span {
  readonly fromNs: number;
  readonly toNs: number;
}

export interface UnheldContext {
  readonly ttlMs: number;
  readonly retryMaxMs: number;
}

type Unheld = NonNullable<RunResult['unheld']>;

/** Shorter ones are hand-overs on a busy machine. */
const leastGapMs = 250;
/** So much of the lease, and a wait counts as one of its length: leases are counted from before the first answer. */
const nearlyLease = 0.9;

/** Null where there were none. */
export function unheldOf(
  { rows, waits, windowNs }: Pick<History, 'rows' | 'waits' | 'windowNs'>,
  { ttlMs, retryMaxMs }: UnheldContext,
): Unheld | null {
  const leastNs = Math.max(leastGapMs, ttlMs / 2, 2 * retryMaxMs) * 1e6;
  let most: Unheld | null = null;
  for (const [key, { held, waiting }] of spansOf(rows, waits, leastNs)) {
    const pausesOf = pauses(held, windowNs).filter((pause) => lengthNs(pause) >= leastNs);
    const gaps = pausesOf.flatMap((pause) => longestWaited(pause, waiting) ?? []);
    const long = gaps.filter(({ span }) => lengthNs(span) >= leastNs);
    const ms = long.reduce((sum, { span }) => sum + lengthNs(span) / 1e6, 0);
    if (long.length === 0 || (most !== null && most.ms >= ms)) continue;
    const lengths = long.map(({ span }) => lengthNs(span) / 1e6);
    most = {
      key,
      ms,
      gaps: long.length,
      shortestMs: Math.min(...lengths),
      longestMs: Math.max(...lengths),
      waiting: Math.max(...long.map((gap) => gap.waiting)),
      leaseLongWaits: waiting.filter((wait) => lengthNs(wait) >= nearlyLease * ttlMs * 1e6).length,
    };
  }
  return most;
}

function lengthNs({ fromNs, toNs }: Span): number {
  return toNs - fromNs;
}

interface KeySpans {
  /** In order. */
  readonly held: Span[];
  readonly waiting: Span[];
  /** Those of `waiting` that are no rows. */
  readonly told: Span[];
}

/** Of the keys that somebody waited for so long, and of no others: there may be many. */
function spansOf(rows: GrantRows, waits: readonly Wait[], leastNs: number): ReadonlyMap<number, KeySpans> {
  const found = new Map<number, KeySpans>();
  const look = (key: number, waitNs: number): void => {
    if (waitNs >= leastNs && !found.has(key)) found.set(key, { held: [], waiting: [], told: [] });
  };
  for (const { key, sinceNs, untilNs } of waits) look(key, untilNs - sinceNs);
  for (let row = 0; row < rows.count; row += 1) look(rows.key[row], rows.acquireUs[row] * 1e3);
  if (found.size === 0) return found;
  for (const { key, sinceNs, untilNs } of waits) found.get(key)?.told.push({ fromNs: sinceNs, toNs: untilNs });
  for (const { waiting, told } of found.values()) waiting.push(...told);
  for (let row = 0; row < rows.count; row += 1) {
    const spans = found.get(rows.key[row]);
    if (spans === undefined || (rows.flags[row] & rowFlags.unknown) !== 0) continue;
    const enterNs = rows.enterNs[row];
    const own = { fromNs: enterNs - rows.acquireUs[row] * 1e3, toNs: enterNs };
    // The last attempt of a wait that is there already. Of these there are few, of rows there may be many.
    if (!spans.told.some((wait) => endsWith(wait, own))) spans.waiting.push(own);
    // Who never left holds as long as the lease.
    const left = (rows.flags[row] & rowFlags.open) === 0;
    spans.held.push({ fromNs: enterNs, toNs: left ? rows.leaveNs[row] : rows.validUntilNs[row] });
  }
  for (const { held } of found.values()) held.sort((a, b) => a.fromNs - b.fromNs);
  return found;
}

/** From the end of an attempt to the entry. */
const entryNs = 1e6;

function endsWith(wait: Span, attempt: Span): boolean {
  return wait.fromNs <= attempt.fromNs && Math.abs(wait.toNs - attempt.toNs) < entryNs;
}

function pauses(held: readonly Span[], [openNs, closeNs]: readonly [number, number]): Span[] {
  const found: Span[] = [];
  let sinceNs = openNs;
  for (const { fromNs, toNs } of held) {
    if (Math.min(fromNs, closeNs) > sinceNs) found.push({ fromNs: sinceNs, toNs: Math.min(fromNs, closeNs) });
    sinceNs = Math.max(sinceNs, toNs);
  }
  if (sinceNs < closeNs) found.push({ fromNs: sinceNs, toNs: closeNs });
  return found;
}

/** The longest part of a pause in which somebody waited at every moment, and how many did within it. */
function longestWaited(
  pause: Span,
  waiting: readonly Span[],
): { readonly span: Span; readonly waiting: number } | null {
  const within = waiting
    .map(({ fromNs, toNs }) => ({ fromNs: Math.max(fromNs, pause.fromNs), toNs: Math.min(toNs, pause.toNs) }))
    .filter((span) => lengthNs(span) > 0)
    .sort((a, b) => a.fromNs - b.fromNs);
  let longest: Span | null = null;
  let current: Span | null = null;
  for (const span of within) {
    current =
      current !== null && span.fromNs <= current.toNs
        ? { fromNs: current.fromNs, toNs: Math.max(current.toNs, span.toNs) }
        : span;
    if (longest === null || lengthNs(current) > lengthNs(longest)) longest = current;
  }
  if (longest === null) return null;
  const middleNs = (longest.fromNs + longest.toNs) / 2;
  const many = within.filter(({ fromNs, toNs }) => fromNs <= middleNs && middleNs <= toNs).length;
  return { span: longest, waiting: many };
}
