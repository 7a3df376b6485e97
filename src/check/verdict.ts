import type { Verdict } from '../contract/index.js';

const evidenceLimit = 24;

/** A verdict over `trials`: fail with evidence, or pass with the 95 % upper bound of the rate (rule of three). */
export function judged(
  check: string,
  claimed: boolean,
  violations: number,
  trials: number,
  evidence: readonly string[],
): Verdict {
  return {
    check,
    verdict: violations > 0 ? 'fail' : 'pass',
    claimed,
    violations,
    upperBound: violations === 0 && trials > 0 ? Math.min(1, 3 / trials) : null,
    evidence: evidence.slice(0, evidenceLimit),
  };
}

/** Neither pass nor fail: what was recorded does not tell. */
export function undecided(check: string, claimed: boolean, reason: string): Verdict {
  return { check, verdict: 'undecided', claimed, violations: 0, upperBound: null, evidence: [reason] };
}
