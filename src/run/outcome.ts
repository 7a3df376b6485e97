/** What the results mean for the exit code, and what is to be said of the run as a whole. Pure. */
import { exitCodes, type Plan, type RunResult } from '../contract/index.js';
import { isViolation } from '../check/judge.js';
import { formatSettingMs } from '../base/units.js';
import { invalidity, rateReached } from '../check/run-validity.js';

/** Violations before an invalid run: what was seen was seen. Thresholds last: the figures of an invalid run decide nothing. */
export function exitCodeOf(runs: readonly RunResult[], lost: boolean): number {
  if (runs.some((run) => run.verdicts.some(isViolation))) return exitCodes.violation;
  if (lost || runs.some((run) => invalidity(run).length > 0)) return exitCodes.invalid;
  if (runs.some((run) => run.thresholds.some(({ ok }) => !ok))) return exitCodes.threshold;
  return exitCodes.ok;
}

export function warningsOf(plan: Plan, runs: readonly RunResult[]): string[] {
  const unreached = runs
    .filter((run) => !rateReached(run))
    .map(
      (run) =>
        `${run.strategy}: ${run.load.achievedHz?.toFixed(0)} of ${run.load.targetHz} arrivals per second were started; the run is not valid as a measurement of that rate`,
    );
  const empty = runs
    .filter((run) => run.grants === 0)
    .map((run) => `${run.strategy}: nothing was granted within the measured window; there is nothing to compare`);
  const unextended = runs
    .filter((run) => plan.extendEveryMs !== null && run.grants > 0 && run.latencyUs.extend.count === 0)
    .map(
      (run) =>
        `${run.strategy}: no lease was extended: the design does not, or no section lasted until its time (${formatSettingMs(plan.extendEveryMs ?? 0)})`,
    );
  return [...unreached, ...empty, ...unextended, ...tooFar(plan, runs)];
}

/** Servers that are farther away than the design waits never count. */
function tooFar({ latencyMs }: Plan, runs: readonly RunResult[]): string[] {
  return runs.flatMap(({ strategy, options, nodes }) => {
    const patienceMs = Number(options['nodeTimeout'] ?? options['timeout'] ?? Infinity);
    const far = Array.from({ length: nodes }, (_, at) => latencyMs[Math.min(at, latencyMs.length - 1)] ?? 0);
    const servers = far.flatMap((ms, at) => (ms >= patienceMs ? [at + 1] : []));
    if (servers.length === 0) return [];
    return [
      `${strategy}: the round trip to server ${servers.join(', ')} takes as long as the ${patienceMs} ms that it waits for an answer: they never count; raise its nodeTimeout`,
    ];
  });
}
