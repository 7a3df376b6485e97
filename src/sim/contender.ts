/** One simulated contender: thinks, asks for the lock, works inside as its holder kind does, gives it back, records it. */
import {
  rowFlags,
  type AcquireOutcome,
  type Cancel,
  type Grant,
  type Guard,
  type Workload,
} from '../contract/index.js';
import { noCancel } from '../base/cancel.js';
import { keepAlive } from '../kit/keep-alive.js';
import { MemoryResource } from '../record/memory-resource.js';
import type { Cluster, SimWorker } from './cluster.js';
import type { Recorder } from './recorder.js';

export class SimContender {
  #grants = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly worker: SimWorker,
    private readonly recorder: Recorder,
    private readonly workload: Workload,
    readonly id: number,
    private readonly ending: Cancel,
  ) {}

  async run(): Promise<void> {
    const { world, scenario } = this.cluster;
    for (;;) {
      await this.worker.env.sleep(world.uniformMs(scenario.thinkMs), this.ending);
      if (this.ending.cancelled) return;
      const key = Math.floor(world.random() * scenario.keys);
      const startMs = world.nowMs();
      const outcome = await this.#acquire(key);
      if (outcome?.kind !== 'granted') continue;
      if (world.random() < scenario.crashAtGrant) return this.#die(outcome.grant, key);
      await this.#hold(outcome.grant, key, world.nowMs() - startMs);
    }
  }

  async #acquire(key: number): Promise<AcquireOutcome | null> {
    const { world, scenario } = this.cluster;
    const { counters } = this.recorder;
    const startMs = world.nowMs();
    counters.attempts += 1;
    const request = { ttlMs: scenario.ttlMs, waitMs: scenario.waitMs, cancel: this.ending };
    const outcome = await this.worker.session.acquire(`k${key}`, request).catch((error: unknown) => {
      world.log(() => `c${this.id} acquire throws ${String(error)}`);
      counters.errors += 1;
      return null;
    });
    if (outcome === null) return null;
    const nowMs = world.nowMs();
    world.log(() => `c${this.id} k${key} ${outcome.kind === 'refused' ? outcome.why : outcome.kind}`);
    counters.tries += outcome.tries;
    this.recorder.waits.attempt(this.id, key, startMs * 1e6, nowMs * 1e6, outcome.kind === 'granted');
    if (outcome.kind === 'granted') this.#granted(outcome.grant, key, nowMs);
    else if (outcome.kind === 'refused') counters[outcome.why === 'too-late' ? 'tooLate' : outcome.why] += 1;
    else counters[outcome.kind] += 1;
    if (outcome.kind === 'unknown') this.#record(key, nowMs, nowMs, nowMs, nowMs - startMs, rowFlags.unknown);
    return outcome;
  }

  #granted({ fence = -1n }: Grant, key: number, atMs: number): void {
    this.recorder.counters.grants += 1;
    this.recorder.minted.push({ atMs, key, contender: this.id, grant: this.#grants, fence });
    this.#grants += 1;
  }

  async #hold(grant: Grant, key: number, acquireMs: number): Promise<void> {
    const { world, scenario } = this.cluster;
    const { recorder, worker } = this;
    const enterMs = world.nowMs();
    const late = grant.validUntilMs <= enterMs;
    const holdMs = world.uniformMs(scenario.holdMs);
    const guarded = scenario.holder === 'guarded';
    this.cluster.granted(worker);
    const stopExtending = this.#extendWhileHeld(grant);
    const updates = await this.workload.section(this.#resource(key), this.#guard(grant, guarded), {
      holdMs,
      nowMs: worker.env.nowMs,
    });
    recorder.believed[key] += updates;
    const extended = await stopExtending();
    const nowMs = world.nowMs();
    const leaveMs = guarded ? Math.max(enterMs, Math.min(nowMs, grant.validUntilMs)) : nowMs;
    world.log(() => `c${this.id} k${key} leaves`);
    const released = await this.#release(grant);
    const flags = released | (late ? rowFlags.lateGrant : 0) | (extended ? rowFlags.extended : 0);
    this.#record(key, enterMs, leaveMs, grant.validUntilMs, acquireMs, flags, world.nowMs() - nowMs);
  }

  #resource(key: number): MemoryResource {
    const resource = new MemoryResource(this.recorder.cells);
    resource.key = key;
    return resource;
  }

  /** As a process that was killed while it held: it does nothing any more, and gives nothing back. */
  #die(grant: Grant, key: number): void {
    const { world } = this.cluster;
    const nowMs = world.nowMs();
    world.log(() => `c${this.id} dies with k${key}`);
    this.recorder.held.add(grant.token);
    this.#record(key, nowMs, nowMs, grant.validUntilMs, 0, rowFlags.open);
  }

  #guard(grant: Grant, guarded: boolean): Guard {
    const { nowMs, sleep } = this.worker.env;
    return {
      mayProceed: () => !guarded || nowMs() < grant.validUntilMs,
      pause: async (ms) => {
        const untilMs = nowMs() + ms;
        do {
          const wakeMs = guarded ? Math.min(untilMs, grant.validUntilMs) : untilMs;
          await sleep(wakeMs - nowMs(), noCancel);
        } while (nowMs() < (guarded ? Math.min(untilMs, grant.validUntilMs) : untilMs));
      },
    };
  }

  #extendWhileHeld(grant: Grant): () => Promise<boolean> {
    const { env, session } = this.worker;
    const { ttlMs, extendEveryMs: everyMs } = this.cluster.scenario;
    const { counters } = this.recorder;
    const log = (what: string): void => this.cluster.world.log(() => `c${this.id} ${what}`);
    if (everyMs === null) return () => Promise.resolve(false);
    return keepAlive(session, grant, { ttlMs, everyMs, maxExtensions: Infinity }, env, {
      onSent: () => {},
      onAnswer: (outcome) => {
        log(outcome?.kind ?? 'extension throws');
        counters[outcome?.kind === 'extended' ? 'extended' : 'extendFailed'] += 1;
      },
      onOver: () => log('lease over'),
      onError: (error) => log(String(error)),
    });
  }

  async #release(grant: Grant): Promise<number> {
    const { counters } = this.recorder;
    const outcome = await this.worker.session.release(grant).catch(() => null);
    this.cluster.world.log(() => `c${this.id} ${outcome === null ? 'release throws' : outcome.kind}`);
    if (outcome === null) counters.releaseErrors += 1;
    else if (outcome.kind === 'released') counters.released += 1;
    else if (outcome.kind === 'lost') counters.releaseLost += 1;
    else counters.releaseUnknown += 1;
    if (outcome?.kind === 'released') return 0;
    return outcome?.kind === 'lost' ? rowFlags.releaseLost : rowFlags.releaseUnknown;
  }

  #record(
    key: number,
    enterMs: number,
    leaveMs: number,
    validUntilMs: number,
    acquireMs: number,
    flags: number,
    releaseMs = 0,
  ): void {
    const { id: contender } = this;
    this.recorder.rows.push({ key, contender, enterMs, leaveMs, validUntilMs, acquireMs, releaseMs, flags });
  }
}
