/**
 * A whole run: every contestant in every round on fresh servers, in an order drawn from the seed; then the checks, and the
 * folder that holds it all.
 */
import {
  LockbenchError,
  errorCodes,
  exitCodes,
  sentinelCount,
  type Check,
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
import { countHarm } from '../check/at-resource.js';
import { contextOf, judgeHistory } from '../check/judge.js';
import { outOfService } from '../check/run-validity.js';
import { wallClock } from '../base/clock.js';
import { otherKeyPrefixes } from '../base/key-prefixes.js';
import { listPlugins, loadPlugin } from '../base/plugins.js';
import { seededRandom, shuffled } from '../base/random.js';
import { RunStore } from '../record/store.js';
import type { RoundData } from '../record/round.js';
import { Hosts } from '../servers/provision.js';
import { detectionPower } from './detection.js';
import { durabilityOf } from './durability.js';
import { EarlyEnd } from './early-end.js';
import { environment } from './environment.js';
import { faultsOf, refuseForeignServers, shimsFor } from './fault-needs.js';
import { noServers } from './no-servers.js';
import { exitCodeOf, warningsOf } from './outcome.js';
import { silent, type Observer, type Surroundings } from './observer.js';
import { runRound } from './run-round.js';
import { summarise, type JudgedRound } from './summarise.js';
import { writeResult } from './write-result.js';

export type BenchmarkOptions = Surroundings;

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
    checks: await listPlugins<Check>('check'),
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
    refuseForeignServers(await hosts.all(plan.strategies), parts.faults);
    await bench.rounds(hosts);
  } catch (error) {
    if (bench.judged.size === 0) store.discard();
    if (bench.judged.size === 0 || !(error instanceof LockbenchError)) throw error;
    failure = error;
    warn(`the run ended early: ${error.message}`);
  } finally {
    await hosts.close();
  }
  const power = signal.aborted || failure !== null ? null : await detectionPower(parts);

  const runs = plan.strategies.flatMap((strategy) => bench.result(strategy, power));
  const interrupted = signal.aborted;
  const endedEarly = bench.early.reason;
  const lost = [...bench.judged.values()].flat().some(({ round }) => round.history.lost.length > 0);
  const result: Result = {
    schemaVersion: 1,
    seed: plan.seed,
    partial: interrupted || lost || failure !== null || endedEarly !== null || runs.some(outOfService),
    endedEarly,
    exitCode: interrupted
      ? (options.interruptedExitCode?.() ?? exitCodes.interrupted)
      : failure !== null
        ? errorCodes[failure.code]
        : exitCodeOf(runs, lost),
    startedAt: startedAt.toISOString(),
    folder: store.where,
    environment: environment(bench.servers, bench.clients),
    warnings: [...warnings, ...warningsOf(plan, runs)],
    runs,
  };
  writeResult(store, result, [...bench.judged.values()].flat());
  return { ...result, folder: store.where };
}

interface Parts {
  readonly plan: Plan;
  readonly store: RunStore;
  readonly observer: Observer;
  readonly signal: AbortSignal;
  readonly workload: Workload;
  readonly shape: LoadShape;
  readonly checks: readonly Check[];
  /** Those that the plan names. */
  readonly faults: readonly Fault[];
}
export type { Parts as BenchmarkParts };

class Benchmark {
  readonly early: EarlyEnd;
  readonly judged = new Map<string, JudgedRound[]>();
  servers: Environment['servers'] = [];
  readonly #serversOf = new Map<string, Environment['servers']>();
  clients: Record<string, string> = {};

  constructor(private readonly parts: Parts) {
    this.early = new EarlyEnd(parts.plan);
  }

  async rounds(hosts: Hosts): Promise<void> {
    const { plan, signal, observer } = this.parts;
    const schedule = this.#schedule();
    for (const [at, { strategy, round }] of schedule.entries()) {
      if (signal.aborted) return;
      await this.#round(hosts, strategy, round);
      const [sofar] = plan.abortOnFail && !signal.aborted ? this.result(strategy, null) : [];
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

  result(strategy: StrategyPlan, power: RunResult['detectionPower']): RunResult[] {
    const rounds = this.judged.get(strategy.label);
    return rounds === undefined
      ? []
      : [
          summarise(
            this.parts.plan,
            strategy,
            rounds,
            strategy.name === 'none' ? null : power,
            durabilityOf(this.#serversOf.get(strategy.label) ?? [], strategy.claims),
            this.parts.workload.harm,
          ),
        ];
  }

  async #round(hosts: Hosts, strategy: StrategyPlan, round: number): Promise<void> {
    const { plan, store, observer, checks, signal, workload, faults } = this.parts;
    const host = strategy.topology.kind === 'none' ? null : await hosts.of(strategy.engine);
    const doing = host?.kind === 'external' ? 'connecting to' : 'starting';
    const which = plan.repeat === 1 ? '' : `, ${plan.trials ? 'trial' : 'round'} ${round} of ${plan.repeat}`;
    observer.phase(`${strategy.label}${which}: ${doing} ${describe(strategy)}`);
    const servers = host === null ? noServers : await host.provision(strategy.topology, shimsFor(faults));
    try {
      this.#serversOf.set(strategy.label, servers.servers);
      this.servers = servers.servers.length > this.servers.length ? servers.servers : this.servers;
      const name = `${String(plan.strategies.indexOf(strategy) + 1).padStart(2, '0')}-${strategy.name}-r${round}`;
      const data = await runRound({
        ...this.parts,
        strategy,
        round,
        servers,
        historyFolder: store.historyFolder(name),
        hopeless: this.early.watch(strategy, this.judged.get(strategy.label) ?? []),
      });
      data.kept.forEach((bytes, i) => store.write(`history/${name}/kept-${String(i).padStart(3, '0')}.chunk`, bytes));
      store.writeJson(`history/${name}/round.json`, data.round);
      this.#note(data);
      if (signal.aborted && data.round.measured.attempts === 0) return;
      const verdicts = judgeHistory(
        checks,
        data.history,
        contextOf(plan, strategy, workload.harm, data.round.nodeNames),
      );
      const rounds = this.judged.get(strategy.label) ?? [];
      const harm = countHarm(data.history.resource);
      this.judged.set(strategy.label, [...rounds, { round: data.round, histograms: data.histograms, verdicts, harm }]);
    } finally {
      await servers.stop();
    }
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
