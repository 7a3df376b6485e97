import { describe, expect, it } from 'vitest';
import { proportionInterval, proportionText } from './proportion.js';

describe('a share', () => {
  it('has an upper bound of three over the number of trials when nothing was seen', () =>
    expect(proportionInterval(0, 100)).toEqual({ low: 0, high: 0.03 }));

  it('has the interval of Wilson otherwise', () => {
    const { low, high } = proportionInterval(5, 50)!;
    expect(low).toBeCloseTo(0.0435, 3);
    expect(high).toBeCloseTo(0.2136, 3);
    expect(proportionInterval(10, 10)!.high).toBe(1);
  });

  it('is told in words, and nothing of no trials', () => {
    expect(proportionText(0, 100)).toBe('0 of 100 (0.0 to 3.0 %)');
    expect(proportionText(0, 0)).toBe('-');
  });
});
