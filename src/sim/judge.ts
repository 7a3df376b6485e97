/** Many seeds of one scenario, judged by the checks that judge real runs. */
import type { Check, LockStrategy, Options, Verdict } from '../contract/index.js';
import { listPlugins } from '../base/plugins.js';
import { judgeHistory } from '../check/judge.js';
import { simulate, type SimOutcome } from './drive.js';
import type { Scenario } from './scenario.js';

/** Which check failed under which seed first, and what it said. `settles`: everything asked for was answered in the end. */
export type Findings = ReadonlyMap<string, { readonly seed: number; readonly evidence: readonly string[] }>;

export function failedChecks({ history, tokens, context }: SimOutcome, checks: readonly Check[]): readonly Verdict[] {
  return checks
    .flatMap((check) => judgeHistory([check], check.name === 'fencing-order' ? tokens : history, context))
    .filter(({ verdict }) => verdict === 'fail');
}

/** Seeds from 1 to `seeds`; with `until`, no further than the first at which that check fails. */
export async function sweep(
  strategy: LockStrategy,
  given: Options,
  scenario: Scenario,
  seeds: number,
  until?: string,
): Promise<Findings> {
  const checks = await listPlugins<Check>('check');
  const found = new Map<string, { readonly seed: number; readonly evidence: readonly string[] }>();
  for (let seed = 1; seed <= seeds && !found.has(until ?? ''); seed += 1) {
    const outcome = await simulate(strategy, given, scenario, seed);
    if (!outcome.settled || !outcome.quiet) found.set('settles', found.get('settles') ?? { seed, evidence: [] });
    for (const { check, evidence } of failedChecks(outcome, checks)) {
      if (!found.has(check)) found.set(check, { seed, evidence });
    }
  }
  return found;
}
