/**
 * Virtual time: one queue of events, ordered by time and, at equal times, by a draw from the seed. Whoever runs in this
 * world has no other clock, timer, random source or token source, so a seed decides everything: same seed, same trace.
 *
 * After each event that ran a client's code the promise jobs that it caused run to their end; V8 orders them by itself.
 */
import { createHash } from 'node:crypto';
import { seededRandom, type Random } from '../base/random.js';

export const maxEvents = 2_000_000;

/** Smallest and largest value of a uniform draw, both in ms. */
export type RangeMs = readonly [minMs: number, maxMs: number];

interface Event {
  readonly atMs: number;
  readonly draw: number;
  readonly run: () => void;
  /** Runs no client's code, so there are no promise jobs to wait for. */
  readonly quiet: boolean;
  cancelled: boolean;
}

export class World {
  readonly random: Random;
  readonly trace: string[] = [];
  events = 0;
  #nowMs = 0;
  #tokens = 0;
  readonly #heap: Event[] = [];

  constructor(
    readonly seed: number,
    /** Whether to keep a trace, which costs as much as the rest. */
    private readonly tracing: boolean,
  ) {
    this.random = seededRandom(seed, 'world');
  }

  nowMs = (): number => this.#nowMs;

  uniformMs([minMs, maxMs]: RangeMs): number {
    return minMs + this.random() * (maxMs - minMs);
  }

  /** 32 hexadecimal digits, in the order of the calls. */
  token = (): string => {
    this.#tokens += 1;
    return this.seed.toString(16).padStart(8, '0') + this.#tokens.toString(16).padStart(24, '0');
  };

  /** Runs `run` after `ms` of virtual time; returns the way to prevent it. */
  after(ms: number, run: () => void, quiet = false): () => void {
    const event = { atMs: this.#nowMs + Math.max(0, ms), draw: this.random(), run, quiet, cancelled: false };
    push(this.#heap, event);
    return () => {
      event.cancelled = true;
    };
  }

  log(line: () => string): void {
    if (this.tracing) this.trace.push(`${this.#nowMs.toFixed(3)} ${line()}`);
  }

  hash(): string {
    return createHash('sha1').update(this.trace.join('\n')).digest('hex');
  }

  /** Runs events until `isDone`, or until nothing is left to happen; says whether it was done. */
  async run(isDone: () => boolean): Promise<boolean> {
    await promiseJobs();
    while (!isDone()) {
      const event = pop(this.#heap);
      if (event === undefined) return false;
      if (event.cancelled) continue;
      this.events += 1;
      if (this.events > maxEvents) throw new Error(`the simulation did not end within ${maxEvents} events`);
      this.#nowMs = event.atMs;
      event.run();
      if (!event.quiet) await promiseJobs();
    }
    return true;
  }
}

/** Node empties the queue of promise jobs before it runs a tick: much cheaper than a turn of the event loop. */
function promiseJobs(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

function before(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.draw < b.draw);
}

/** A binary heap with the next event at 0. */
function push(heap: Event[], event: Event): void {
  let at = heap.push(event) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(event, heap[parent])) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child += 1;
    if (!before(heap[child], last)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = last;
  return first;
}
