/** What the verdicts of a run come to, for every reporter the same. */
import type { RunResult, Verdict } from '../contract/index.js';
import { isViolation } from '../check/judge.js';

/** Two independent witnesses of one property; their findings are the same events, so they are never added up. */
const exclusionChecks: readonly string[] = ['mutual-exclusion', 'mutual-exclusion-cell'];

export function isExclusion(verdict: Verdict): boolean {
  return exclusionChecks.includes(verdict.check);
}

/** No lock at all: what it violates shows what the checks can see. */
export function isControl(run: RunResult): boolean {
  return run.topology.kind === 'none';
}

/** The largest count of any one check, for several checks see the same event. */
export function violationsOf(run: RunResult): number {
  return Math.max(0, ...run.verdicts.filter(isViolation).map((verdict) => verdict.violations));
}

/** `undecided` where exclusion was not decided, or a fault had no effect, and nothing was violated; null where nothing was checked. */
export function violationsOrUndecided(run: RunResult): number | 'undecided' | null {
  const violations = violationsOf(run);
  if (violations > 0) return violations;
  const exclusion = run.verdicts.filter(isExclusion);
  if (exclusion.some((verdict) => verdict.verdict === 'undecided')) return 'undecided';
  // It was to be shown under this fault, and was not.
  if (exclusion.length > 0 && run.faults.some(({ effective }) => !effective)) return 'undecided';
  return exclusion.length === 0 ? null : 0;
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
