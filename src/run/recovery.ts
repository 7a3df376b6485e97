/**
 * What a fault did to the flow of grants: the longest time without any, how soon they came again when it was healed, and how
 * soon as often as before. What a holder took that was kept inside by us is left out: it is none of the lock's doing. Pure.
 */
import { rowFlags, type FaultRecord, type GrantRows } from '../contract/index.js';

/** What counts as the rate before. */
const recoveredShare = 0.95;
/** Over which a rate is taken. */
const stretchMs = 500;
/** With fewer grants before, a rate tells nothing. */
const leastGrants = 20;
/** Shorter pauses are none. */
const pauseMs = 100;

type Flow = 'longestGap' | 'firstGrantMs' | 'dipped' | 'recoveredMs';
export type Unjudged = Omit<FaultRecord, Flow>;

const untouched: Pick<FaultRecord, Flow> = { longestGap: null, firstGrantMs: null, dipped: false, recoveredMs: null };

/** Follows the grants of one window, in the order of entry. All times in ms from its opening. */
export class Recovery {
  readonly #closeMs: number;
  readonly #startedMs: number;
  /** When the flow was the lock's own again. */
  readonly #freeMs: number;
  /** Null: not within the window. */
  readonly #healedMs: number | null;
  readonly #beforeMs: number;
  #died = false;
  #sinceMs: number;
  #longestGap: FaultRecord['longestGap'] = null;
  #wentOn = false;
  #firstMs: number | null = null;
  /** Grants before it looked for somebody, and in the first stretch of what followed. */
  #before = 0;
  #then = 0;
  /** The latest after it was healed, as many as are wanted within a stretch; where the oldest is. */
  #latestMs: Float64Array | null = null;
  #after = 0;
  #recoveredMs: number | null = null;

  /** `aimedMs`: from when on it looked for somebody to hit, and the flow was not its own any more. */
  constructor(
    private readonly record: Unjudged,
    private readonly aimedMs: number,
    private readonly windowNs: readonly [openNs: number, closeNs: number],
  ) {
    const { startedMs, healedMs, keptInside } = record;
    const closeMs = (windowNs[1] - windowNs[0]) / 1e6;
    this.#closeMs = closeMs;
    this.#startedMs = this.#sinceMs = startedMs ?? Infinity;
    this.#freeMs =
      keptInside === null ? this.#startedMs : Math.max(this.#startedMs, Math.min(closeMs, keptInside.untilMs));
    this.#healedMs = healedMs === null || healedMs >= closeMs ? null : Math.max(healedMs, this.#freeMs);
    this.#beforeMs = Math.max(0, aimedMs - 2 * stretchMs);
  }

  rows({ count, enterNs, flags }: GrantRows): void {
    const [openNs, closeNs] = this.windowNs;
    for (let row = 0; row < count; row += 1) {
      // With part of the contenders dead the rate of before is none to come back to.
      this.#died ||= (flags[row] & rowFlags.open) !== 0;
      if ((flags[row] & rowFlags.unknown) !== 0 || enterNs[row] < openNs || enterNs[row] >= closeNs) continue;
      this.#granted((enterNs[row] - openNs) / 1e6);
    }
  }

  result(): FaultRecord {
    const { record } = this;
    if (record.startedMs === null) return { ...record, ...untouched };
    this.#gap(null);
    const healedMs = this.#healedMs;
    const firstGrantMs = healedMs === null || this.#wentOn || this.#firstMs === null ? null : this.#firstMs - healedMs;
    const fellShort = this.#freeMs + stretchMs <= this.#closeMs && this.#then < this.#wanted();
    const dipped = !this.#died && this.#before >= leastGrants && fellShort;
    const recoveredMs = dipped ? this.#recoveredMs : null;
    return { ...record, longestGap: this.#longestGap, firstGrantMs, dipped, recoveredMs };
  }

  #granted(ms: number): void {
    if (ms >= this.#beforeMs && ms < this.aimedMs) this.#before += 1;
    if (ms >= this.#freeMs && ms < this.#freeMs + stretchMs) this.#then += 1;
    if (ms >= this.#startedMs) this.#gap(ms);
    const healedMs = this.#healedMs;
    if (healedMs === null) return;
    if (ms > healedMs - pauseMs && ms < healedMs) this.#wentOn = true;
    if (ms < healedMs) return;
    this.#firstMs ??= ms;
    if (this.#before >= leastGrants && this.#recoveredMs === null) this.#cameAfter(ms, healedMs);
  }

  #gap(atMs: number | null): void {
    const untilMs = atMs ?? this.#closeMs;
    // What the kept holder took counts for nobody.
    const ms = untilMs - Math.max(this.#sinceMs, Math.min(this.#freeMs, untilMs));
    if (this.#longestGap === null || ms > this.#longestGap.ms) this.#longestGap = { ms, untilMs: atMs };
    this.#sinceMs = untilMs;
  }

  /** In a stretch, to be as many as before. */
  #wanted(): number {
    return Math.ceil(((recoveredShare * this.#before) / (this.aimedMs - this.#beforeMs)) * stretchMs);
  }

  #cameAfter(ms: number, healedMs: number): void {
    const latest = (this.#latestMs ??= new Float64Array(this.#wanted()));
    latest[this.#after % latest.length] = ms;
    this.#after += 1;
    if (this.#after < latest.length) return;
    const oldest = latest[this.#after % latest.length];
    if (ms - oldest <= stretchMs) this.#recoveredMs = Math.max(0, oldest - healedMs);
  }
}
