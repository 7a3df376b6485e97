/** Verdicts on comparisons that are made up: what is a change, what is noise, and what cannot be told. */
import { describe, expect, it } from 'vitest';
import { conclude, type Conclusion } from './conclude.js';
import { exitCodeOf } from './document.js';
import type { Generation } from './measured.js';
import { evidence, generationsOf, plan, slice, still, totals } from './testing.js';

const slower = { ...still, effect: Math.log(1.2) };
const metric = ({ metrics }: Conclusion, name: string) => metrics.find((one) => one.name === name)!;

/** Every slice of a side, changed. */
function changed(
  generations: readonly Generation[],
  side: 'baseline' | 'candidate',
  change: Partial<ReturnType<typeof slice>>,
): Generation[] {
  return generations.map((one) => ({
    ...one,
    pairs: one.pairs.map((pair) => ({ ...pair, [side]: { ...pair[side], ...change } })),
  }));
}

describe('conclude', () => {
  it('calls a candidate that is 20 % slower a regression when it shows again, and tells by how much', () => {
    const conclusion = conclude(evidence(generationsOf(slower, 1), { confirming: generationsOf(slower, 2) }));
    expect(conclusion.verdict).toBe('regression');
    expect(metric(conclusion, 'cycleP50').change!.estimate).toBeCloseTo(0.2, 1);
    expect(metric(conclusion, 'throughput').change!.high).toBeLessThan(-0.1);
    expect(conclusion.confirmation!.confirmed).toBe(true);
  });

  it('leaves it open when it does not show again, or was not looked at again', () => {
    const first = generationsOf(slower, 1);
    expect(conclude(evidence(first, { confirming: generationsOf({ ...still, effect: -0.1 }, 2) })).verdict).toBe(
      'inconclusive',
    );
    expect(conclude(evidence(first)).verdict).toBe('inconclusive');
  });

  it('calls a faster one an improvement, and no difference equivalent', () => {
    expect(conclude(evidence(generationsOf({ ...still, effect: Math.log(0.8) }, 1))).verdict).toBe('improvement');
    expect(conclude(evidence(generationsOf(still, 1))).verdict).toBe('equivalent');
  });

  it('says the same when it judges again', () => {
    const generations = generationsOf(slower, 1);
    expect(conclude(evidence(generations))).toEqual(conclude(evidence(generations)));
  });

  it.each([
    ['slows down in the middle', (at: number) => (at > 70 && at < 140 ? 0.4 : 1)],
    ['gets slower all the time', (at: number) => 1 - at / 400],
    ['stumbles now and then', (at: number) => (at % 17 < 3 ? 0.5 : 1)],
  ])('blames no side for a machine that %s', (_, speed) => {
    const { verdict, noise } = conclude(evidence(generationsOf({ ...still, speed }, 4)));
    expect(['equivalent', 'inconclusive']).toContain(verdict);
    expect(noise.tooNoisy).toEqual([]);
  });

  it('raises a false alarm in fewer than 2 of 60 comparisons of a thing with itself', () => {
    const small = { ...still, generations: 6, slices: 10 };
    let alarms = 0;
    for (let seed = 0; seed < 60; seed += 1) {
      const confirming = generationsOf(small, seed + 1000);
      const { verdict } = conclude(evidence(generationsOf(small, seed), { confirming }));
      if (verdict === 'regression') alarms += 1;
    }
    expect(alarms).toBeLessThan(2);
  });

  it('gates p99 only beyond one and a half times', () => {
    const worse = (factor: number): Generation[] =>
      generationsOf(still, 1).map((one) => ({
        ...one,
        totals: { baseline: totals(700), candidate: totals(700 * factor) },
      }));
    const of = (factor: number): Conclusion => conclude(evidence(worse(factor), { confirming: worse(factor) }));
    expect(of(1.4).verdict).toBe('equivalent');
    expect(of(2).verdict).toBe('regression');
    expect(of(2).confirmation!.alarmed).toEqual(['cycleP99']);
  });

  it.each([
    ['steal', { machine: { stealRatio: 0.2, pressureRatio: 0 } }, 'other machines on this host'],
    ['a full machine', { machine: { stealRatio: 0, pressureRatio: 0.99 } }, 'waited for a core'],
  ])('has no verdict under %s', (_, noise, words) => {
    const noisy = generationsOf(slower, 1).map((one) => ({ ...one, ...noise }));
    const { verdict, invalid } = conclude(evidence(noisy));
    expect(verdict).toBe('invalid');
    expect(invalid.join()).toContain(words);
  });

  it('has no verdict where the event loop stood still, or the baseline was another each time', () => {
    const still120 = changed(generationsOf(still, 1), 'baseline', { loopDelayMs: 120 });
    expect(conclude(evidence(changed(still120, 'candidate', { loopDelayMs: 120 }))).invalid.join()).toContain(
      'event loop stood still',
    );
    const wild = generationsOf({ ...still, speed: (at) => (at < 180 ? 0.05 : 1) }, 1);
    expect(conclude(evidence(wild)).invalid.join()).toContain("baseline's own throughput varied");
  });

  it('has no verdict from fewer than six generations, from nothing granted, or where a side was lost', () => {
    const generations = generationsOf(still, 1);
    expect(conclude(evidence(generations.slice(0, 5))).verdict).toBe('invalid');
    expect(conclude(evidence([])).verdict).toBe('invalid');
    expect(conclude(evidence(generations, { failure: 'it was killed' })).invalid).toContain('it was killed');
    const nothing = changed(generations, 'candidate', { ...slice(0) });
    expect(conclude(evidence(nothing)).invalid).toContain('the candidate was granted nothing');
  });

  it('tells exact changes of commands, and looks for violations where contenders meet', () => {
    const generations = changed(generationsOf(still, 1), 'candidate', { grants: 100, commands: 300, violations: 1 });
    const { exact } = conclude(evidence(generations, { plan: { ...plan, keys: 1 } }));
    expect(exact).toMatchObject({ comparable: false, candidate: { violations: 200, commandsPerGrant: 3 } });
    expect(conclude(evidence(generations)).exact).toMatchObject({ comparable: true, candidate: { checked: 0 } });
  });
});

describe('the exit code', () => {
  const base = { verdict: 'equivalent', candidateViolations: 0, interrupted: null, inconclusiveFails: false } as const;

  it.each([
    [{}, 0],
    [{ verdict: 'improvement' }, 0],
    [{ verdict: 'inconclusive' }, 0],
    [{ verdict: 'inconclusive', inconclusiveFails: true }, 4],
    [{ verdict: 'regression' }, 4],
    [{ verdict: 'invalid' }, 6],
    [{ verdict: 'invalid', candidateViolations: 1 }, 5],
    [{ verdict: 'regression', interrupted: 130 }, 130],
  ] as const)('of %o is %i', (ending, code) => expect(exitCodeOf({ ...base, ...ending })).toBe(code));
});
