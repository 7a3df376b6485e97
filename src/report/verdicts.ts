/** What the verdicts of a run come to, for every reporter the same. */
import type { RunResult } from '../contract/index.js';
import { isExclusion } from '../check/violations.js';

export { isExclusion, violationsOf, violationsOrUndecided } from '../check/violations.js';

/** No lock at all: what it violates shows what the checks can see. */
export function isControl(run: RunResult): boolean {
  return run.topology.kind === 'none';
}

/** The highest rate of double grants that a run without any is compatible with (95 %); null when that is not known. */
export function exclusionUpperBound(run: RunResult): number | null {
  const bounds = run.verdicts.filter(isExclusion).flatMap(({ upperBound }) => upperBound ?? []);
  return bounds.length === 0 ? null : Math.min(...bounds);
}

/**
 * The grants that the checks looked at, warm-up included, so more than the measured ones. No field of the result tells; the
 * bound 3/n of a check that looks at every record does.
 */
export function checkedGrants({ verdicts, grants }: RunResult): number {
  const bound = verdicts.find(({ check }) => check === 'assumptions')?.upperBound ?? null;
  return trialsOf(bound) ?? grants;
}

/** The n of a bound 3/n; null where there is no bound, or it was cut at 1. */
export function trialsOf(bound: number | null): number | null {
  return bound === null || bound >= 1 ? null : Math.round(3 / bound);
}

/** `mutual-exclusion` as one reads it. */
export function inEnglish(check: string): string {
  return check.replaceAll('-', ' ');
}
