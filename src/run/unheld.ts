/**
 * Long times in which nobody held a lock although somebody waited for it. A hand-over takes a retry's delay; what lasts for
 * half a lease or more is something else. Of the key that has most of them.
 */
import { rowFlags, type GrantRows, type History, type RunResult } from '../contract/index.js';

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

/** So many pauses are open to somebody who waited through them and is granted the lock later; beyond it the oldest are not. */
const openPausesLimit = 2 ** 18;

/** In which nobody held the key. Of rows those waited in it that were entered when it ended or later, so until its end. */
interface Pause extends Span {
  readonly key: number;
  /** From when on each of them waited. */
  readonly sinceNs: number[];
}

/** What is known of a key that somebody waited for so long. */
interface Waited {
  /** Waits that are no rows. */
  readonly told: Span[];
  leaseLongWaits: number;
  readonly gaps: { count: number; ms: number; shortestMs: number; longestMs: number; waiting: number };
}

/** Rows in the order of entry. */
export class UnheldWatch {
  readonly #leastNs: number;
  readonly #leaseNs: number;
  readonly #windowNs: readonly [number, number];
  readonly #heldUntilNs: Float64Array;
  readonly #waited = new Map<number, Waited>();
  /** In order, those from `#oldest` on. */
  #pauses: Pause[] = [];
  #oldest = 0;
  readonly #pausesOf = new Map<number, Pause[]>();
  /** Keys of which a wait was long by itself. */
  readonly #long = new Set<number>();

  constructor(
    { rows, waits, windowNs }: Pick<History, 'rows' | 'waits' | 'windowNs'>,
    { ttlMs, retryMaxMs }: UnheldContext,
  ) {
    this.#leastNs = Math.max(leastGapMs, ttlMs / 2, 2 * retryMaxMs) * 1e6;
    this.#leaseNs = nearlyLease * ttlMs * 1e6;
    this.#windowNs = windowNs;
    const keys = waits.reduce((most, { key }) => Math.max(most, key + 1), rows.keys);
    this.#heldUntilNs = new Float64Array(keys).fill(windowNs[0]);
    for (const { key, sinceNs, untilNs } of waits) {
      const waited = this.#of(key);
      waited.told.push({ fromNs: sinceNs, toNs: untilNs });
      if (untilNs - sinceNs >= this.#leastNs) this.#long.add(key);
      if (untilNs - sinceNs >= this.#leaseNs) waited.leaseLongWaits += 1;
    }
  }

  rows(rows: GrantRows): void {
    for (let row = 0; row < rows.count; row += 1) {
      const key = rows.key[row];
      const enterNs = rows.enterNs[row];
      const waitNs = rows.acquireUs[row] * 1e3;
      if (waitNs >= this.#leastNs) this.#long.add(key);
      if ((rows.flags[row] & rowFlags.unknown) !== 0) continue;
      const fromNs = this.#heldUntilNs[key];
      const toNs = Math.min(enterNs, this.#windowNs[1]);
      if (toNs - fromNs >= this.#leastNs) this.#pause({ key, fromNs, toNs, sinceNs: [] });
      this.#wait(key, { fromNs: enterNs - waitNs, toNs: enterNs });
      // Who never left holds as long as the lease.
      const left = (rows.flags[row] & rowFlags.open) === 0;
      this.#heldUntilNs[key] = Math.max(fromNs, left ? rows.leaveNs[row] : rows.validUntilNs[row]);
    }
  }

  /** After the last row. Null where there were none. */
  result(): Unheld | null {
    for (; this.#oldest < this.#pauses.length; this.#oldest += 1) this.#end(this.#pauses[this.#oldest]);
    for (const key of this.#waited.keys()) {
      const [fromNs, toNs] = [this.#heldUntilNs[key], this.#windowNs[1]];
      if (toNs - fromNs >= this.#leastNs) this.#end({ key, fromNs, toNs, sinceNs: [] });
    }
    let most: Unheld | null = null;
    for (const [key, { gaps, leaseLongWaits }] of this.#waited) {
      const { count, ...lengths } = gaps;
      if (count === 0 || !this.#long.has(key) || (most !== null && most.ms >= gaps.ms)) continue;
      most = { key, gaps: count, ...lengths, leaseLongWaits };
    }
    return most;
  }

  #of(key: number): Waited {
    let waited = this.#waited.get(key);
    if (waited === undefined) {
      const gaps = { count: 0, ms: 0, shortestMs: Infinity, longestMs: 0, waiting: 0 };
      this.#waited.set(key, (waited = { told: [], leaseLongWaits: 0, gaps }));
    }
    return waited;
  }

  #pause(pause: Pause): void {
    const ofKey = this.#pausesOf.get(pause.key);
    if (ofKey === undefined) this.#pausesOf.set(pause.key, [pause]);
    else ofKey.push(pause);
    this.#pauses.push(pause);
    if (this.#pauses.length - this.#oldest <= openPausesLimit) return;
    const oldest = this.#pauses[this.#oldest];
    this.#oldest += 1;
    this.#end(oldest);
    const rest = this.#pausesOf.get(oldest.key)!;
    if (rest.length === 1) this.#pausesOf.delete(oldest.key);
    else rest.shift();
    if (this.#oldest < openPausesLimit) return;
    this.#pauses = this.#pauses.slice(this.#oldest);
    this.#oldest = 0;
  }

  #wait(key: number, own: Span): void {
    const isLeaseLong = lengthNs(own) >= this.#leaseNs;
    const pauses = this.#pausesOf.get(key);
    if (pauses === undefined && !isLeaseLong) return;
    // The last attempt of a wait that is there already. Of these there are few, of rows there may be many.
    if (this.#waited.get(key)?.told.some((wait) => endsWith(wait, own)) === true) return;
    if (isLeaseLong) this.#of(key).leaseLongWaits += 1;
    for (let at = (pauses?.length ?? 0) - 1; at >= 0 && pauses![at].toNs > own.fromNs; at -= 1)
      pauses![at].sinceNs.push(Math.max(own.fromNs, pauses![at].fromNs));
  }

  /** Nobody who waited in it comes any more. */
  #end(pause: Pause): void {
    const told = this.#waited.get(pause.key)?.told ?? [];
    const rows = pause.sinceNs.map((fromNs) => ({ fromNs, toNs: pause.toNs }));
    const longest = longestWaited(pause, [...told, ...rows]);
    if (longest === null || lengthNs(longest.span) < this.#leastNs) return;
    const { gaps } = this.#of(pause.key);
    const ms = lengthNs(longest.span) / 1e6;
    gaps.count += 1;
    gaps.ms += ms;
    gaps.shortestMs = Math.min(gaps.shortestMs, ms);
    gaps.longestMs = Math.max(gaps.longestMs, ms);
    gaps.waiting = Math.max(gaps.waiting, longest.waiting);
  }
}

function lengthNs({ fromNs, toNs }: Span): number {
  return toNs - fromNs;
}

/** From the end of an attempt to the entry. */
const entryNs = 1e6;

function endsWith(wait: Span, attempt: Span): boolean {
  return wait.fromNs <= attempt.fromNs && Math.abs(wait.toNs - attempt.toNs) < entryNs;
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
