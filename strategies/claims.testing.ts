/**
 * For tests of designs on real servers: each behaviour that they claim becomes a test. What cannot be asked is left out, not
 * skipped. What fails, or could not be tried, is asked once more, and the second answer counts: other tests use the same cores meanwhile, and answers
 * are waited for with a limit.
 */
import { describe, expect, it } from 'vitest';
import { conform } from '../src/conform/conform.js';
import { missingClaims } from '../src/conform/claimed.js';
import { listCases, type Contestant } from '../src/conform/contestant.js';
import type { CaseResult, ContestantResult } from '../src/conform/results.js';
import type { ConformCase } from '../src/conform/types.js';

/** At the top of a test file. `least`: so many cases at least make sense for each of them. */
export async function testClaims(contestants: readonly Contestant[], least: number): Promise<void> {
  const cases = await listCases();
  const first = await resultsOf(contestants, ({ claims }) =>
    cases.filter((one) => missingClaims(one, claims).length === 0),
  );
  const again = new Map<CaseResult, CaseResult>();
  for (const [i, { cases: answers }] of first.entries()) {
    const failed = answers.filter(({ verdict }) => verdict === 'fail' || verdict === 'error');
    if (failed.length === 0) continue;
    const wanted = new Set(failed.map((one) => one.case));
    const [second] = await resultsOf([contestants[i]], () => cases.filter(({ name }) => wanted.has(name)));
    for (const one of failed) again.set(one, second.cases.find((other) => other.case === one.case) ?? one);
  }
  const named = first.map((result) => [`${result.strategy} on ${result.client ?? result.engine}`, result] as const);
  describe.each(named)('%s', (_, result) => {
    const asked = result.cases.filter(({ verdict }) => verdict !== 'not-applicable');
    it('is asked most of what there is to ask', () => expect(asked.length).toBeGreaterThan(least));
    it.each(asked.map((one) => [one.behaviour, again.get(one) ?? one] as const))('%s', (__, one) => {
      expect(one.verdict, `${one.case}: ${one.evidence}`).toBe('pass');
    });
  });
}

async function resultsOf(
  contestants: readonly Contestant[],
  cases: (contestant: Contestant) => readonly ConformCase[],
): Promise<readonly ContestantResult[]> {
  const { results } = await conform({
    contestants,
    cases,
    servers: 'auto',
    image: '',
    signal: new AbortController().signal,
    onResult: () => {},
  });
  return results;
}
