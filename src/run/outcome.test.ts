import { describe, expect, it } from 'vitest';
import type { ThresholdResult } from '../contract/index.js';
import { failed, fault, run } from '../report/fixtures.js';
import { exitCodeOf } from './outcome.js';

const crossed: ThresholdResult = {
  text: 'acquire.p99<1us',
  metric: 'acquire.p99',
  operator: '<',
  limit: 1,
  unit: 'us',
  observed: 1930,
  ok: false,
  why: '',
};

describe('the exit code', () => {
  const thresholds = [crossed];
  const load = { shape: 'rate', targetHz: 2000, achievedHz: 900 };
  const verdicts = [failed('mutual-exclusion', 1)];

  it('is 4 for a crossed threshold of any contestant, and 0 for one that is met', () => {
    expect(exitCodeOf([run('a'), run('b', { thresholds })], false)).toBe(4);
    expect(exitCodeOf([run('a', { thresholds: [{ ...crossed, ok: true }] })], false)).toBe(0);
  });

  it('is 6 before 4 for a run that is not valid, whatever makes it so', () => {
    expect(exitCodeOf([run('a', { thresholds }), run('b', { load })], false)).toBe(6);
    expect(exitCodeOf([run('a', { thresholds, faults: [fault({ effective: false })] })], false)).toBe(6);
    expect(exitCodeOf([run('a', { thresholds, grants: 0 })], false)).toBe(6);
    expect(exitCodeOf([run('a', { thresholds })], true)).toBe(6);
  });

  it('is 5 before both for a violation', () => {
    expect(exitCodeOf([run('a', { thresholds, load }), run('b', { verdicts })], true)).toBe(5);
  });

  it('is not that of a violation for what a design never promised', () => {
    expect(exitCodeOf([run('a', { verdicts: [failed('keys-left', 1, [], false)] })], false)).toBe(0);
  });
});
