/** What comes of a run: each round judged by its records, each contestant's result, the control without a lock, and the files. */
import {
  errorCodes,
  type Check,
  type Environment,
  type LockbenchError,
  type Result,
  type RunResult,
  type StrategyPlan,
} from '../contract/index.js';
import { listPlugins } from '../base/plugins.js';
import { countHarm } from '../check/at-resource.js';
import { contextOf, judgeHistory } from '../check/judge.js';
import { outOfService } from '../check/run-validity.js';
import type { RoundData } from '../record/round.js';
import type { BenchmarkParts } from './benchmark.js';
import { detectionPower } from './detection.js';
import { durabilityOf } from './durability.js';
import { environment } from './environment.js';
import { exitCodeOf, warningsOf } from './outcome.js';
import { summarise, type JudgedRound } from './summarise.js';
import { writeResult } from './write-result.js';

/** What the rounds have left, by label of the contestant. */
export interface Rounds {
  readonly judged: ReadonlyMap<string, readonly JudgedRound[]>;
  readonly serversOf: ReadonlyMap<string, Environment['servers']>;
  readonly servers: Environment['servers'];
  readonly clients: Environment['clients'];
}

export interface Ending {
  readonly startedAt: Date;
  readonly warnings: readonly string[];
  /** What ended the run before its time; null where nothing did. */
  readonly failure: LockbenchError | null;
  readonly endedEarly: string | null;
  readonly control: boolean;
  readonly interruptedExitCode: number;
}

export async function judgeRound(
  { plan, workload }: BenchmarkParts,
  strategy: StrategyPlan,
  { round, histograms, history }: RoundData,
): Promise<JudgedRound> {
  const checks = await listPlugins<Check>('check');
  const verdicts = judgeHistory(checks, history, contextOf(plan, strategy, workload.harm, round.nodeNames));
  return { round, histograms, verdicts, harm: countHarm(history.resource) };
}

/** Of a contestant that has run; `power` is what the same plan shows without a lock. */
export function resultOf(
  { plan, workload }: BenchmarkParts,
  { judged, serversOf }: Pick<Rounds, 'judged' | 'serversOf'>,
  strategy: StrategyPlan,
  power: RunResult['detectionPower'],
): RunResult[] {
  const rounds = judged.get(strategy.label);
  if (rounds === undefined) return [];
  const durability = durabilityOf(serversOf.get(strategy.label) ?? [], strategy.claims);
  return [summarise(plan, strategy, rounds, strategy.name === 'none' ? null : power, durability, workload.harm)];
}

export async function conclude(parts: BenchmarkParts, rounds: Rounds, ending: Ending): Promise<Result> {
  const { plan, store, signal } = parts;
  const { startedAt, warnings, failure, endedEarly, control, interruptedExitCode } = ending;
  const power = signal.aborted || failure !== null || !control ? null : await detectionPower(parts);
  const runs = plan.strategies.flatMap((strategy) => resultOf(parts, rounds, strategy, power));
  const interrupted = signal.aborted;
  const judged = [...rounds.judged.values()].flat();
  const lost = judged.some(({ round }) => round.history.lost.length > 0);
  const result: Result = {
    schemaVersion: 1,
    seed: plan.seed,
    partial: interrupted || lost || failure !== null || endedEarly !== null || runs.some(outOfService),
    endedEarly,
    exitCode: interrupted ? interruptedExitCode : failure !== null ? errorCodes[failure.code] : exitCodeOf(runs, lost),
    startedAt: startedAt.toISOString(),
    folder: store.where,
    environment: environment(rounds.servers, rounds.clients),
    warnings: [...warnings, ...warningsOf(plan, runs)],
    runs,
  };
  writeResult(store, result, judged);
  return { ...result, folder: store.where };
}
