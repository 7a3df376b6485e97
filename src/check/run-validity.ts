/** Whether the figures of a contestant are what was asked for; where they are not, the run is not valid, and exits so. */
import type { RunResult } from '../contract/index.js';
import { isInvalid } from './judge.js';

/** Below this share of its target an arrival rate was not reached, unless so few operations were missing. */
const reachedRatio = 0.99;
const edgeOperations = 2;

export function rateReached(run: RunResult): boolean {
  const { targetHz, achievedHz } = run.load;
  if (targetHz === null || achievedHz === null) return true;
  const missing = ((targetHz - achievedHz) * run.durationMs) / 1000;
  return achievedHz >= targetHz * reachedRatio || missing <= edgeOperations;
}

/** More servers are gone than the design tolerates: the figures are of the time before. */
export function outOfService({ unreachable, claims }: RunResult): boolean {
  return unreachable.length > claims.toleratesDown;
}

/** Why the run of this contestant is not valid, each reason in words; none where it is. */
export function invalidity(run: RunResult): readonly string[] {
  const { load, verdicts, faults, unreachable } = run;
  return [
    ...verdicts.filter(isInvalid).map((one) => `${one.check}: ${one.evidence[0] ?? one.verdict}`),
    ...(rateReached(run)
      ? []
      : [`${load.achievedHz?.toFixed(0)} of ${load.targetHz} arrivals per second were started`]),
    ...(run.grants === 0 ? ['nothing was granted within the measured window'] : []),
    ...(outOfService(run) ? [`more servers were gone in the end than it withstands: ${unreachable.join(', ')}`] : []),
    ...faults.filter(({ effective }) => !effective).map(({ name, what }) => `the fault ${name} had no effect: ${what}`),
  ];
}
