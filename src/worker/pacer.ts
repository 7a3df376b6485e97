/**
 * Lets operations start when they are meant to, by a thread that calls this worker's event loop (see pacer-thread.ts). All
 * that are due start in one turn. The call takes some tens of microseconds, so it is asked for as much earlier as calls have
 * taken lately; one that comes too early is waited for in turns of the event loop, which goes on reading answers meanwhile.
 *
 * What it costs and how late it is nevertheless is measured: see `sendDelay` and `pacerCpuRatio` of a result.
 */
import { Worker } from 'node:worker_threads';
import type { Cancel } from '../contract/index.js';
import { nowNs } from '../base/clock.js';
import { atTurnEnd } from '../base/turn.js';
import { pacerMemory, wordAt, type PacerMemory } from './pacer-clock.js';

const firstLeadNs = 50_000;
/** Below this nothing is gained, beyond it the worker would turn for too long. */
const leadLimitsNs = [5_000, 150_000] as const;
/** By which share of itself the lead changes at each call: the calls of a second or so count. */
const leadStep = 1 / 32;
/** Nor is it more than half of what lies between two arrivals: at a high rate the worker would do nothing but turn. */
const leadShare = 0.5;
/** How fast what lies between two arrivals is learnt. */
const gapStep = 1 / 32;

interface Waiter {
  readonly dueNs: number;
  readonly start: () => void;
}

export class Pacer {
  /** In order of their time. */
  #waiters: Waiter[] = [];
  #turning = false;
  #gapNs = Infinity;
  #startedNs = -Infinity;

  private constructor(
    private readonly thread: Worker,
    /** In the kernel's numbering; null where it does not tell. */
    readonly threadId: number | null,
    private readonly memory: PacerMemory,
    private readonly ending: Cancel,
  ) {
    thread.on('message', () => this.#called());
    ending.onCancel(() => this.#startAll(Infinity));
  }

  /** `waiters`: how many can wait at most. `onLost`: the thread died, and nobody would ever start again. */
  static async open(waiters: number, ending: Cancel, onLost: (error: Error) => void): Promise<Pacer> {
    const memory = pacerMemory(waiters);
    memory.words[wordAt.leadNs] = firstLeadNs;
    const thread = new Worker(new URL('./pacer-thread.js', import.meta.url), { workerData: memory });
    thread.on('error', onLost);
    const threadId = await new Promise<number | null>((resolve) => thread.once('message', resolve));
    return new Pacer(thread, threadId, memory, ending);
  }

  /** Resolves at `ms` on the monotonic clock, or when the run ends. */
  until(ms: number): Promise<void> {
    const dueNs = ms * 1e6;
    const now = nowNs();
    if (dueNs > now && !this.ending.cancelled) return new Promise((start) => this.#put({ dueNs, start }));
    // Those before it that a late call has not reached yet go first.
    this.#startAll(now);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    const { words } = this.memory;
    Atomics.store(words, wordAt.stopped, 1);
    this.#alarm();
    await this.thread.terminate();
  }

  /** Schedules are in order, so it is the last as a rule. */
  #put(waiter: Waiter): void {
    const { words, dueNs } = this.memory;
    const waiters = this.#waiters;
    let place = waiters.length;
    while (place > 0 && waiters[place - 1].dueNs > waiter.dueNs) place -= 1;
    const last = place === waiters.length;
    waiters.splice(place, 0, waiter);
    const taken = words[wordAt.taken];
    for (let i = place; i < waiters.length; i += 1) dueNs[(taken + i) & (dueNs.length - 1)] = waiters[i].dueNs;
    Atomics.add(words, wordAt.put, 1);
    Atomics.add(words, wordAt.alarm, 1);
    if (!last || Atomics.load(words, wordAt.asleep) === 1) Atomics.notify(words, wordAt.alarm);
  }

  #alarm(): void {
    Atomics.add(this.memory.words, wordAt.alarm, 1);
    Atomics.notify(this.memory.words, wordAt.alarm);
  }

  #called(): void {
    const { words } = this.memory;
    Atomics.store(words, wordAt.called, 0);
    const earlyNs = (this.#waiters[0]?.dueNs ?? Infinity) - nowNs();
    // What it was for may have started already, late as the call is.
    if (earlyNs <= words[wordAt.leadNs]) this.#learn(earlyNs <= 0);
    if (!this.#turning) this.#turn();
  }

  /** Half of the calls are to be late: the median of what a call takes. */
  #learn(late: boolean): void {
    const leadNs = this.memory.words[wordAt.leadNs];
    const [least, most] = leadLimitsNs;
    const nextNs = Math.max(least, leadNs * (late ? 1 + leadStep : 1 - leadStep));
    Atomics.store(this.memory.words, wordAt.leadNs, Math.round(Math.min(most, this.#gapNs * leadShare, nextNs)));
  }

  #learnGap(gapNs: number): void {
    if (Number.isFinite(gapNs))
      this.#gapNs = Number.isFinite(this.#gapNs) ? this.#gapNs + (gapNs - this.#gapNs) * gapStep : gapNs;
  }

  #turn(): void {
    const now = nowNs();
    this.#startAll(now);
    const next = this.#waiters[0];
    this.#turning = next !== undefined && next.dueNs - now <= this.memory.words[wordAt.leadNs];
    if (this.#turning) atTurnEnd(() => this.#turn());
  }

  #startAll(dueNs: number): void {
    const waiters = this.#waiters;
    let due = 0;
    while (due < waiters.length && waiters[due].dueNs <= dueNs) due += 1;
    if (due === 0) return;
    this.#learnGap((waiters[due - 1].dueNs - this.#startedNs) / due);
    this.#startedNs = waiters[due - 1].dueNs;
    Atomics.add(this.memory.words, wordAt.taken, due);
    for (const { start } of waiters.splice(0, due)) start();
  }
}
