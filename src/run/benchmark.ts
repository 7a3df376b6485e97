/**
 * A whole run: every contestant in every round on fresh servers, in an order drawn from the seed; then the checks, and the
 * folder that holds it all. Nothing waits for what it does not need: servers and workers start together, what a round takes is
 * loaded meanwhile, and what judges it when there is something to judge.
 */
import {
  LockbenchError,
  exitCodes,
  sentinelCount,
  type EngineName,
  type Environment,
  type Fault,
  type LoadShape,
  type Plan,
  type Result,
  type RunResult,
  type StrategyPlan,
  type Workload,
} from '../contract/index.js';
import { wallClock } from '../base/clock.js';
import { otherKeyPrefixes } from '../base/key-prefixes.js';
import { loadPlugin } from '../base/plugins.js';
import { seededRandom, shuffled } from '../base/random.js';
import type { RoundData } from '../record/round.js';
import { RunStore } from '../record/store.js';
import type { Provisioned } from '../servers/host.js';
import { Hosts } from '../servers/hosts.js';
import { EarlyEnd } from './early-end.js';
import { dismiss, enlist } from './enlist.js';
import { faultsOf, refuseForeignServers, shimsFor } from './fault-needs.js';
import { noServers } from './no-servers.js';
import { silent, type Observer, type Surroundings } from './observer.js';
import type { RoundSpec } from './round-spec.js';
import type { JudgedRound } from './summarise.js';

export interface BenchmarkOptions extends Surroundings {
  /** Whether the same plan is tried without a lock in the end, so that `detectionPower` is known; true by default. */
  readonly control?: boolean;
}

/** Runs a plan to its end, or to its interruption, and returns what was measured. Throws LockbenchError when nothing could be. */
export async function runBenchmark(plan: Plan, options: BenchmarkOptions): Promise<Result> {
  const observer = options.observer ?? silent;
  const signal = options.signal ?? new AbortController().signal;
  const startedAt = wallClock();
  const warnings: string[] = [];
  const warn = (text: string): void => {
    warnings.push(text);
    observer.note(text);
  };
  const store = RunStore.create(options.out, plan, startedAt, warn);
  store.writeJson('plan.json', plan);

  const parts = {
    plan,
    store,
    observer,
    signal,
    workload: await loadPlugin<Workload>('workload', plan.workload),
    shape: await loadPlugin<LoadShape>('load shape', plan.load),
    faults: await faultsOf(plan),
  };
  const bench = new Benchmark(parts);
  const { servers: kind, image, persistence, keyPrefix } = plan;
  const hosts = new Hosts({
    kind,
    image,
    persistence,
    keyPrefix,
    otherKeyPrefixes: await otherKeyPrefixes(plan.strategies, keyPrefix),
    external: options.endpoints ?? plan.external,
    addresses: options.addresses ?? plan.addresses,
  });
  let failure: LockbenchError | null = null;
  try {
    const opened = hosts.all(plan.strategies).then((all) => refuseForeignServers(all, parts.faults));
    // An interruption may come before the first round asks.
    opened.catch(() => {});
    await bench.rounds(hosts, opened);
  } catch (error) {
    if (bench.judged.size === 0) store.discard();
    if (bench.judged.size === 0 || !(error instanceof LockbenchError)) throw error;
    failure = error;
    warn(`the run ended early: ${error.message}`);
  } finally {
    await hosts.close();
  }
  const { conclude } = await import('./conclude.js');
  return conclude(parts, bench, {
    startedAt,
    warnings,
    failure,
    endedEarly: bench.early.reason,
    control: options.control ?? true,
    interruptedExitCode: options.interruptedExitCode?.() ?? exitCodes.interrupted,
  });
}

interface Parts {
  readonly plan: Plan;
  readonly store: RunStore;
  readonly observer: Observer;
  readonly signal: AbortSignal;
  readonly workload: Workload;
  readonly shape: LoadShape;
  /** Those that the plan names. */
  readonly faults: readonly Fault[];
}
export type { Parts as BenchmarkParts };

class Benchmark {
  readonly early: EarlyEnd;
  readonly judged = new Map<string, JudgedRound[]>();
  servers: Environment['servers'] = [];
  readonly serversOf = new Map<string, Environment['servers']>();
  clients: Record<string, string> = {};

  constructor(private readonly parts: Parts) {
    this.early = new EarlyEnd(parts.plan);
  }

  /** `opened`: what the contestants need is there, and will do; the first round begins with what does not depend on that. */
  async rounds(hosts: Hosts, opened: Promise<void>): Promise<void> {
    const { plan, signal, observer } = this.parts;
    const schedule = this.#schedule();
    for (const [at, { strategy, round }] of schedule.entries()) {
      if (signal.aborted) return;
      await this.#round(hosts, opened, strategy, round);
      const [sofar] = plan.abortOnFail && !signal.aborted ? await this.#result(strategy) : [];
      if (sofar === undefined) continue;
      this.early.consider(
        strategy,
        sofar,
        schedule.slice(at + 1).map((one) => [one.strategy.label, one.round]),
      );
      if (this.early.reason === null) continue;
      observer.note(this.early.reason);
      return;
    }
  }

  #schedule(): readonly { readonly strategy: StrategyPlan; readonly round: number }[] {
    const { seed, strategies, repeat } = this.parts.plan;
    return Array.from({ length: repeat }, (_, at) => at + 1).flatMap((round) => {
      const order = shuffled(strategies, seededRandom(seed, `order of round ${round}`));
      return (repeat > 1 ? order : strategies).map((strategy) => ({ strategy, round }));
    });
  }

  async #result(strategy: StrategyPlan): Promise<RunResult[]> {
    const { resultOf } = await import('./conclude.js');
    return resultOf(this.parts, this, strategy, null);
  }

  async #round(hosts: Hosts, opened: Promise<void>, strategy: StrategyPlan, round: number): Promise<void> {
    const { plan, observer, faults } = this.parts;
    const recruits = enlist(plan, strategy);
    const loading = import('./run-round.js');
    let servers: Provisioned = noServers;
    try {
      await opened;
      const host = strategy.topology.kind === 'none' ? null : await hosts.of(strategy.engine);
      const doing = host?.kind === 'external' ? 'connecting to' : 'starting';
      const which = plan.repeat === 1 ? '' : `, ${plan.trials ? 'trial' : 'round'} ${round} of ${plan.repeat}`;
      observer.phase(`${strategy.label}${which}: ${doing} ${describe(strategy)}`);
      if (host !== null) servers = await host.provision(strategy.topology, shimsFor(faults));
      await this.#run(strategy, round, { servers, recruits }, (await loading).runRound);
    } finally {
      await dismiss(recruits);
      await servers.stop();
    }
  }

  async #run(
    strategy: StrategyPlan,
    round: number,
    { servers, recruits }: Pick<RoundSpec, 'servers' | 'recruits'>,
    runRound: (spec: RoundSpec) => Promise<RoundData>,
  ): Promise<void> {
    const { plan, store, signal } = this.parts;
    this.serversOf.set(strategy.label, servers.servers);
    this.servers = servers.servers.length > this.servers.length ? servers.servers : this.servers;
    const name = `${String(plan.strategies.indexOf(strategy) + 1).padStart(2, '0')}-${strategy.name}-r${round}`;
    const before = this.judged.get(strategy.label) ?? [];
    const data = await runRound({
      ...this.parts,
      strategy,
      round,
      servers,
      recruits,
      historyFolder: store.historyFolder(name),
      hopeless: this.early.watch(strategy, before),
    });
    data.kept.forEach((bytes, i) => store.write(`history/${name}/kept-${String(i).padStart(3, '0')}.chunk`, bytes));
    store.writeJson(`history/${name}/round.json`, data.round);
    this.#note(data);
    if (signal.aborted && data.round.measured.attempts === 0) return;
    const { judgeRound } = await import('./conclude.js');
    this.judged.set(strategy.label, [...before, await judgeRound(this.parts, strategy, data)]);
  }

  #note({ round }: RoundData): void {
    const { library, version } = round.clientOptions;
    if (typeof library === 'string' && typeof version === 'string') this.clients[library] = version;
  }
}

const programs: Readonly<Record<EngineName, string>> = {
  redis: 'Redis',
  library: 'Redis',
  postgres: 'PostgreSQL',
  etcd: 'etcd',
  zookeeper: 'ZooKeeper',
};

function describe({ engine, topology }: StrategyPlan): string {
  switch (topology.kind) {
    case 'none':
      return 'no server';
    case 'single':
      return `one ${programs[engine]}`;
    case 'quorum':
      return `${topology.nodes} independent ${programs[engine]}`;
    case 'cluster':
      return `${programs[engine]} on ${topology.nodes} nodes`;
    case 'replicated':
      return `a primary with ${topology.replicas} replicas`;
    case 'sentinel':
      return `a primary with ${topology.replicas} replicas and ${sentinelCount} sentinels`;
  }
}
