/**
 * Deadlines in one ordered queue instead of a timer per command: for each distinct timeout, entries expire in the order
 * in which they came, so the head is always the next. One timer serves them all, and entries that were answered leave
 * the queue as later ones come in.
 */
import { after, nowMs } from './clock.js';
import { Fifo } from './fifo.js';
import { atTurnEnd } from './turn.js';

export interface Expiring {
  /** Set by `Deadlines.add`. */
  dueMs: number;
  /** An entry that was answered does not expire any more. */
  readonly answered: boolean;
  expire(): void;
}

/** Beyond this, setTimeout fires at once. */
const maxTimerMs = 2 ** 31 - 1;

export class Deadlines {
  readonly #queues = new Map<number, Fifo<Expiring>>();
  /** The queue used last, since most callers use one timeout. */
  #lastTimeoutMs = NaN;
  #lastQueue = new Fifo<Expiring>();
  #stopTimer: (() => void) | null = null;
  #timerDueMs = Infinity;
  #closed = false;

  /** Calls `entry.expire()` `timeoutMs` (rounded up to whole ms) after `sinceMs`, unless the entry was answered before. */
  add(entry: Expiring, timeoutMs: number, sinceMs: number): void {
    entry.dueMs = sinceMs + timeoutMs;
    if (this.#closed || timeoutMs === Infinity) return;
    const queue = this.#queue(Math.ceil(timeoutMs));
    for (let head = queue.peek(); head?.answered === true; head = queue.peek()) queue.shift();
    queue.push(entry);
    if (entry.dueMs < this.#timerDueMs) this.#arm(entry.dueMs);
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer?.();
    this.#queues.clear();
  }

  #queue(timeoutMs: number): Fifo<Expiring> {
    if (timeoutMs === this.#lastTimeoutMs) return this.#lastQueue;
    let queue = this.#queues.get(timeoutMs);
    if (queue === undefined) this.#queues.set(timeoutMs, (queue = new Fifo()));
    this.#lastTimeoutMs = timeoutMs;
    this.#lastQueue = queue;
    return queue;
  }

  #arm(dueMs: number): void {
    this.#stopTimer?.();
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
    if (this.#closed) return;
    this.#timerDueMs = Infinity;
    let nextMs = Infinity;
    for (const [timeoutMs, queue] of this.#queues) {
      let head = queue.peek();
      while (head !== undefined && (head.answered || head.dueMs <= firedMs)) {
        queue.shift();
        if (!head.answered) head.expire();
        head = queue.peek();
      }
      if (head !== undefined) nextMs = Math.min(nextMs, head.dueMs);
      else this.#forget(timeoutMs);
    }
    if (nextMs < this.#timerDueMs) this.#arm(nextMs);
  }

  /** So that timeouts which vary do not leave a queue each. */
  #forget(timeoutMs: number): void {
    this.#queues.delete(timeoutMs);
    if (timeoutMs === this.#lastTimeoutMs) this.#lastTimeoutMs = NaN;
  }
}
