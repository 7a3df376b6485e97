/**
 * Deadlines in one ordered queue instead of a timer per command: for each distinct timeout, entries expire in the order
 * in which they came, so the head is always the next. One timer serves them all.
 */
import { after, nowMs } from './clock.js';

export interface Deadline {
  readonly dueMs: number;
  readonly onDue: () => void;
  done: boolean;
}

interface Queue {
  entries: Deadline[];
  head: number;
}

const compactAfter = 1024;

export class Deadlines {
  readonly #queues = new Map<number, Queue>();
  #stopTimer: (() => void) | null = null;
  #timerDueMs = Infinity;

  /** Calls `onDue` after `timeoutMs` unless `done` was set on the returned entry before. */
  add(timeoutMs: number, onDue: () => void): Deadline {
    const entry: Deadline = { dueMs: nowMs() + timeoutMs, onDue, done: false };
    let queue = this.#queues.get(timeoutMs);
    if (queue === undefined) this.#queues.set(timeoutMs, (queue = { entries: [], head: 0 }));
    queue.entries.push(entry);
    this.#arm(entry.dueMs);
    return entry;
  }

  close(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#queues.clear();
  }

  #arm(dueMs: number): void {
    if (this.#timerDueMs <= dueMs) return;
    this.#stopTimer?.();
    this.#timerDueMs = dueMs;
    this.#stopTimer = after(Math.max(1, Math.ceil(dueMs - nowMs())), () => this.#expire());
  }

  #expire(): void {
    this.#stopTimer = null;
    this.#timerDueMs = Infinity;
    const now = nowMs();
    let next = Infinity;
    for (const queue of this.#queues.values()) {
      while (queue.head < queue.entries.length) {
        const entry = queue.entries[queue.head]!;
        if (!entry.done && entry.dueMs > now) break;
        queue.head += 1;
        if (entry.done) continue;
        entry.done = true;
        entry.onDue();
      }
      if (queue.head >= compactAfter || queue.head === queue.entries.length) {
        queue.entries = queue.entries.slice(queue.head);
        queue.head = 0;
      }
      const head = queue.entries[0 + queue.head];
      if (head !== undefined) next = Math.min(next, head.dueMs);
    }
    if (next < Infinity) this.#arm(next);
  }
}
