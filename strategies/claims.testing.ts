/** For tests of designs on real servers: each behaviour that they claim becomes a test. What cannot be asked is left out, not skipped. */
import { describe, expect, it } from 'vitest';
import { missingClaims } from '../src/conform/claimed.js';
import { conform } from '../src/conform/conform.js';
import { listCases, type Contestant } from '../src/conform/contestant.js';

/** At the top of a test file. `least`: so many cases at least make sense for each of them. */
export async function testClaims(contestants: readonly Contestant[], least: number): Promise<void> {
  const cases = await listCases();
  const { results } = await conform({
    contestants,
    cases: ({ claims }) => cases.filter((one) => missingClaims(one, claims).length === 0),
    servers: 'auto',
    image: '',
    signal: new AbortController().signal,
    onResult: () => {},
  });
  const named = results.map((result) => [`${result.strategy} on ${result.client ?? result.engine}`, result] as const);
  describe.each(named)('%s', (_, result) => {
    const asked = result.cases.filter(({ verdict }) => verdict !== 'not-applicable');
    it('is asked most of what there is to ask', () => expect(asked.length).toBeGreaterThan(least));
    it.each(asked.map((one) => [one.behaviour, one] as const))('%s', (__, one) => {
      expect(one.verdict, `${one.case}: ${one.evidence}`).toBe('pass');
    });
  });
}
