/** All checks over one history; and over the rounds of one contestant, the worst verdict of each with its evidence. */
import type { Check, CheckContext, Harm, History, Plan, StrategyPlan, Verdict } from '../contract/index.js';

export function contextOf(
  plan: Plan,
  strategy: StrategyPlan,
  harm: Harm | null,
  nodeNames: readonly string[],
): CheckContext {
  return {
    claims: strategy.claims,
    holder: plan.holder,
    ttlMs: plan.ttlMs,
    waitMs: plan.waitMs,
    retryMaxMs: strategy.retry.kind === 'fixed' ? strategy.retry.minMs : strategy.retry.maxMs,
    harm,
    nodeNames,
    contenderNames: (contender) => `w${Math.floor(contender / plan.contenders)}.${contender % plan.contenders}`,
  };
}

/** One pass over the rows for all checks. `onRows` is told how many have been judged. */
export function judgeHistory(
  checks: readonly Check[],
  history: History,
  context: CheckContext,
  onRows: (rows: number) => void = () => {},
): Verdict[] {
  const judgings = checks.flatMap((check) => check.open(history, context) ?? []);
  const readers = judgings.filter(({ rows }) => rows !== undefined);
  let judged = 0;
  for (const block of history.rows.blocks()) {
    for (const reader of readers) reader.rows!(block);
    onRows((judged += block.count));
  }
  return withFaults(
    judgings.flatMap((judging) => judging.close() ?? []),
    history,
  );
}

function withFaults(verdicts: Verdict[], history: History): Verdict[] {
  const idle = history.faults.find(({ effective }) => !effective);
  if (idle === undefined) return verdicts;
  // What was to be withstood did not happen: that nothing was violated says nothing.
  const reason = `the fault ${idle.name} had no effect: ${idle.what}`;
  return verdicts.map((verdict) =>
    verdict.verdict === 'pass' && safety.has(verdict.check)
      ? { ...verdict, verdict: 'undecided', upperBound: null, evidence: [reason] }
      : verdict,
  );
}

/** Fail beats undecided beats pass; violations add up, and the bound shrinks with the rounds. */
export function combineVerdicts(rounds: readonly (readonly Verdict[])[]): Verdict[] {
  const byCheck = new Map<string, Verdict[]>();
  for (const verdict of rounds.flat()) byCheck.set(verdict.check, [...(byCheck.get(verdict.check) ?? []), verdict]);
  return [...byCheck.values()].map((verdicts) => {
    const kind = (['fail', 'undecided', 'pass'] as const).find((candidate) =>
      verdicts.some((one) => one.verdict === candidate),
    )!;
    const bounds = verdicts.map((one) => one.upperBound);
    const trials = bounds.reduce<number>((sum, bound) => sum + (bound === null ? 0 : 3 / bound), 0);
    return {
      ...verdicts[0],
      verdict: kind,
      violations: verdicts.reduce((sum, one) => sum + one.violations, 0),
      upperBound: kind === 'pass' && trials > 0 ? Math.min(1, 3 / trials) : null,
      evidence: verdicts.find((one) => one.verdict === kind)!.evidence,
    };
  });
}

/** These say that the records themselves are unsound: the run is invalid, whatever the lock did. */
const validity = new Set(['assumptions', 'accounting']);
/** These set the exit code whether or not the design promises them. */
const always = new Set([
  'mutual-exclusion',
  'mutual-exclusion-cell',
  'overstay',
  'granted-in-time',
  'lost-updates',
  'contiguity',
  'deadlock-freedom',
]);
/** What a fault is to put to the test. */
const safety = new Set([...always, 'fencing-order', 'validity-honoured']);

export function isViolation(verdict: Verdict): boolean {
  return verdict.verdict === 'fail' && !validity.has(verdict.check) && (verdict.claimed || always.has(verdict.check));
}

export function isInvalid(verdict: Verdict): boolean {
  return validity.has(verdict.check) && verdict.verdict !== 'pass';
}
