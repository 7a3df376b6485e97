/**
 * What was sent on one connection and is not answered, in send order, which is the order of the replies. A ring of columns
 * instead of an object for each command, whose collection would cost as much as the rest of its way.
 *
 * Deadlines run from the write. One timer serves all, set to the earliest. When it fires, the ring is gone through once: where
 * the server answers that is once in a timeout, whatever the rate.
 */
import { after, nowMs } from '../base/clock.js';
import { atTurnEnd } from '../base/turn.js';
import type { OnReply } from '../contract/index.js';

/** A power of two, as are all sizes after it. */
const firstSize = 16;
/** Beyond this, setTimeout fires at once. */
const maxTimerMs = 2 ** 31 - 1;

interface Columns {
  /** Null where the sender has been told, or nothing is. */
  readonly done: (OnReply | null)[];
  readonly tag: Float64Array;
  readonly isScript: Uint8Array;
  readonly timeoutMs: Float64Array;
  /** Of what is written. */
  readonly dueMs: Float64Array;
}

function columns(size: number): Columns {
  return {
    done: Array.from({ length: size }, () => null),
    tag: new Float64Array(size),
    isScript: new Uint8Array(size),
    timeoutMs: new Float64Array(size),
    dueMs: new Float64Array(size),
  };
}

export class InFlight {
  #ring = columns(firstSize);
  /** Counted on and on; what is left by the ring's size is the place in it. */
  #first = 0;
  #unwritten = 0;
  #next = 0;
  #timerDueMs = Infinity;
  #stopTimer = (): void => {};

  /** `expired` is told of each deadline that has passed. The command stays in flight, for its reply is still to come. */
  constructor(private readonly expired: (tag: number, timeoutMs: number, done: OnReply) => void) {}

  get length(): number {
    return this.#next - this.#first;
  }

  get hasUnwritten(): boolean {
    return this.#unwritten < this.#next;
  }

  push(isScript: boolean, timeoutMs: number, tag: number, done: OnReply): void {
    if (this.length === this.#ring.done.length) this.#grow();
    const ring = this.#ring;
    const at = this.#place(this.#next);
    ring.done[at] = done;
    ring.tag[at] = tag;
    ring.isScript[at] = isScript ? 1 : 0;
    ring.timeoutMs[at] = timeoutMs;
    this.#next += 1;
  }

  /** All of it is on its way. */
  wrote(): void {
    const { timeoutMs, dueMs } = this.#ring;
    const writtenMs = nowMs();
    let earliestMs = Infinity;
    for (; this.#unwritten < this.#next; this.#unwritten += 1) {
      const at = this.#place(this.#unwritten);
      dueMs[at] = writtenMs + timeoutMs[at];
      if (dueMs[at] < earliestMs) earliestMs = dueMs[at];
    }
    if (earliestMs < this.#timerDueMs) this.#arm(earliestMs);
  }

  /** Whose reply comes next. */
  get isScript(): boolean {
    return this.#ring.isScript[this.#place(this.#first)] === 1;
  }

  get tag(): number {
    return this.#ring.tag[this.#place(this.#first)];
  }

  /** Null: its deadline has passed, and its sender was told. */
  get done(): OnReply | null {
    return this.#ring.done[this.#place(this.#first)];
  }

  shift(): void {
    this.#ring.done[this.#place(this.#first)] = null;
    this.#first += 1;
    // So that counts stay small.
    if (this.#first === this.#next) this.#first = this.#unwritten = this.#next = 0;
  }

  /** The connection is gone: tells of all that nobody was told of, whether it was written. */
  abandon(tell: (tag: number, written: boolean, done: OnReply) => void): void {
    const [first, unwritten, next] = [this.#first, this.#unwritten, this.#next];
    const ring = this.#ring;
    this.#ring = columns(firstSize);
    this.#first = this.#unwritten = this.#next = 0;
    for (let at = first; at < next; at += 1) {
      const place = at & (ring.done.length - 1);
      const done = ring.done[place];
      if (done !== null) tell(ring.tag[place], at < unwritten, done);
    }
  }

  /** No deadline passes any more. */
  close(): void {
    this.#stopTimer();
    this.#timerDueMs = -Infinity;
  }

  #place(count: number): number {
    return count & (this.#ring.done.length - 1);
  }

  #grow(): void {
    const from = this.#ring;
    const size = from.done.length;
    const into = columns(size * 2);
    for (let count = this.#first; count < this.#next; count += 1) {
      const [a, b] = [count & (size - 1), count & (size * 2 - 1)];
      into.done[b] = from.done[a];
      into.tag[b] = from.tag[a];
      into.isScript[b] = from.isScript[a];
      into.timeoutMs[b] = from.timeoutMs[a];
      into.dueMs[b] = from.dueMs[a];
    }
    this.#ring = into;
  }

  #arm(dueMs: number): void {
    this.#stopTimer();
    this.#timerDueMs = dueMs;
    const waitMs = Math.min(maxTimerMs, Math.max(1, Math.ceil(dueMs - nowMs())));
    // Timers run before input is read: after a pause of this process the answer may lie in the socket already, and the
    // deadline must not blame the server. At the end of the turn that input has been read; what became due since the timer
    // fired, in a pause of this very turn, waits for another.
    this.#stopTimer = after(waitMs, () => {
      const firedMs = nowMs();
      atTurnEnd(() => this.#expire(firedMs));
    });
  }

  #expire(firedMs: number): void {
    if (this.#timerDueMs === -Infinity) return;
    this.#timerDueMs = Infinity;
    let earliestMs = Infinity;
    // What is sent meanwhile sees to its own deadline; the ring may be another when a sender was told.
    for (let count = this.#first; count < this.#unwritten; count += 1) {
      const ring = this.#ring;
      const at = this.#place(count);
      const done = ring.done[at];
      if (done === null) continue;
      if (ring.dueMs[at] > firedMs) earliestMs = Math.min(earliestMs, ring.dueMs[at]);
      else {
        ring.done[at] = null;
        this.expired(ring.tag[at], ring.timeoutMs[at], done);
      }
    }
    if (earliestMs < this.#timerDueMs) this.#arm(earliestMs);
  }
}
