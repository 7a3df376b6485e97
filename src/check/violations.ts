/** What the verdicts of one contestant come to, for exit code, thresholds and reports the same. */
import type { RunResult, Verdict } from '../contract/index.js';
import { isViolation } from './judge.js';

/** Two independent witnesses of one property; their findings are the same events, so they are never added up. */
const exclusionChecks: readonly string[] = ['mutual-exclusion', 'mutual-exclusion-cell'];

export function isExclusion(verdict: Verdict): boolean {
  return exclusionChecks.includes(verdict.check);
}

/** The largest count of any one check, for several checks see the same event. */
export function violationsOf({ verdicts }: Pick<RunResult, 'verdicts'>): number {
  return Math.max(0, ...verdicts.filter(isViolation).map((verdict) => verdict.violations));
}

/** `undecided` where exclusion was not decided, or a fault had no effect, and nothing was violated; null where nothing was checked. */
export function violationsOrUndecided(run: Pick<RunResult, 'verdicts' | 'faults'>): number | 'undecided' | null {
  const violations = violationsOf(run);
  if (violations > 0) return violations;
  const exclusion = run.verdicts.filter(isExclusion);
  if (exclusion.some((verdict) => verdict.verdict === 'undecided')) return 'undecided';
  // It was to be shown under this fault, and was not.
  if (exclusion.length > 0 && run.faults.some(({ effective }) => !effective)) return 'undecided';
  return exclusion.length === 0 ? null : 0;
}
