/**
 * Those of one session who wait for one lock, and when something is to be done for them: one timer for all. At regular intervals,
 * and when a lease must be over, their places are looked after; a wait that has lasted long enough ends; who has some of the
 * locks that it takes, and too few for too long, offers them to an earlier one.
 */
import type { StrategyEnv } from '../contract/index.js';
import type { Waiter } from './fair-waiter.js';

/** A place is looked after ten times in a lease, within these bounds. */
const share = 1 / 10;
const leastEveryMs = 10;
const mostEveryMs = 500;
/** A session is taken to be dead after so many times without a word from it, and not before this. */
const lapsesAfter = 4;
const leastLapseMs = 100;
/** Who comes next is among the first, who came first. */
const mostLookedAt = 16;
/** A key may be there for as long as its PTTL says, and is gone in the ms after. */
const pastMs = 1;

export function everyMsOf(ttlMs: number): number {
  return Math.min(mostEveryMs, Math.max(leastEveryMs, Math.floor(ttlMs * share)));
}

export function lapseMsOf(everyMs: number): number {
  return Math.max(leastLapseMs, lapsesAfter * everyMs);
}

export interface LineWork {
  look(line: Line, server: number): void;
  /** Its wait is over. */
  over(waiter: Waiter): void;
  offer(waiter: Waiter): void;
  /** Nobody waits any more. */
  empty(line: Line): void;
}

export class Line {
  readonly waiters = new Set<Waiter>();
  everyMs = Infinity;
  /** Looks under way at each server, and whether another is wanted when they are back. */
  readonly looking: number[];
  readonly again: boolean[];
  /** When the lease that each server knows of is over. */
  readonly #freeAtMs: number[];
  #lookAtMs = Infinity;
  /** When its session has given its last sign of life. */
  #signMs = -Infinity;
  #armedMs = Infinity;
  #stopTimer = (): void => {};

  constructor(
    readonly key: string,
    servers: number,
    private readonly env: StrategyEnv,
    private readonly work: LineWork,
  ) {
    this.looking = Array.from({ length: servers }, () => 0);
    this.again = Array.from({ length: servers }, () => false);
    this.#freeAtMs = Array.from({ length: servers }, () => Infinity);
  }

  join(waiter: Waiter): void {
    this.waiters.add(waiter);
    if (waiter.spec.isSign) this.#signMs = Math.max(this.#signMs, waiter.startMs);
    this.everyMs = Math.min(this.everyMs, everyMsOf(waiter.spec.ttlMs));
    this.#lookAtMs = Math.min(this.#lookAtMs, this.env.nowMs() + this.everyMs);
    this.#arm(Math.min(this.#lookAtMs, waiter.spec.deadlineMs));
  }

  /** Who comes right behind a holder; null: nobody of this session, as far as is known. */
  behind(holder: Waiter): Waiter | null {
    let looked = 0;
    for (const waiter of this.waiters) {
      if (waiter.follows(holder)) return waiter;
      if ((looked += 1) === mostLookedAt) break;
    }
    return null;
  }

  isSignDue(): boolean {
    return this.env.nowMs() - this.#signMs > this.everyMs;
  }

  /** What an answer tells: the PTTL of the lock on that server. */
  heldFor(server: number, leftMs: number): void {
    if (this.waiters.size === 0) return;
    const atMs = leftMs === -1 ? Infinity : this.env.nowMs() + Math.max(0, leftMs + pastMs);
    this.#freeAtMs[server] = atMs;
    this.#arm(atMs);
  }

  partly(waiter: Waiter): void {
    this.#arm(dueMs(waiter));
  }

  stop(): void {
    this.#stopTimer();
    this.#armedMs = -Infinity;
  }

  /** Seldom and more seldom: who has the others may hold them for long. */
  #offer(waiter: Waiter, nowMs: number): void {
    waiter.patienceMs = Math.max(waiter.tripsMs, Math.min(2 * waiter.patienceMs, this.everyMs));
    waiter.partlySinceMs = nowMs;
    this.work.offer(waiter);
  }

  /** The timer is not moved to a later time: it fires, and finds out. */
  #arm(atMs: number): void {
    if (atMs >= this.#armedMs) return;
    this.#stopTimer();
    this.#armedMs = atMs;
    this.#stopTimer = this.env.after(Math.max(0, atMs - this.env.nowMs()), () => this.#fire());
  }

  #fire(): void {
    this.#armedMs = Infinity;
    const nowMs = this.env.nowMs();
    for (const waiter of this.waiters) {
      if (waiter.spec.deadlineMs <= nowMs) this.work.over(waiter);
      else if (dueMs(waiter) <= nowMs) this.#offer(waiter, nowMs);
    }
    if (this.waiters.size === 0) {
      this.work.empty(this);
      return;
    }
    const all = this.#lookAtMs <= nowMs;
    if (all) this.#lookAtMs = nowMs + this.everyMs;
    if (all) this.#signMs = nowMs;
    let nextMs = this.#lookAtMs;
    this.#freeAtMs.forEach((atMs, server) => {
      if (!all && atMs > nowMs) {
        nextMs = Math.min(nextMs, atMs);
        return;
      }
      this.#freeAtMs[server] = Infinity;
      this.work.look(this, server);
    });
    for (const waiter of this.waiters) nextMs = Math.min(nextMs, waiter.spec.deadlineMs, dueMs(waiter));
    this.#arm(nextMs);
  }
}

/** When it has had too few for too long. */
function dueMs({ partlySinceMs, patienceMs }: Waiter): number {
  return partlySinceMs === null ? Infinity : partlySinceMs + patienceMs;
}
