/**
 * From an interval to a verdict. Everything is in logarithms of candidate over baseline, so that twice and half are equally
 * far from nothing.
 */
import type { Interval } from './clustered-bootstrap.js';

export const changeVerdicts = ['regression', 'improvement', 'equivalent', 'inconclusive'] as const;
export type ChangeVerdict = (typeof changeVerdicts)[number];

export type Better = 'higher' | 'lower';

/**
 * regression, improvement: the interval excludes "no change", and the change is beyond the floor. equivalent: the whole
 * interval lies within the floor. inconclusive: neither, and a longer run may tell.
 */
export function changeVerdict({ estimate, low, high }: Interval, floor: number, better: Better): ChangeVerdict {
  if (low > -floor && high < floor) return 'equivalent';
  if (low <= 0 && high >= 0) return 'inconclusive';
  if (Math.abs(estimate) <= floor) return 'inconclusive';
  return estimate > 0 === (better === 'higher') ? 'improvement' : 'regression';
}

/** From the half-width at 95 % to the change that would be found four times in five: (1.96 + 0.84) / 1.96. */
const powerFactor = 1.43;

/** The smallest change that a run with this interval could have told from none. */
export function smallestEffect({ low, high }: Interval, floor: number): number {
  return Math.max(floor, (powerFactor * (high - low)) / 2);
}

/** How far from nothing an interval reaches: of a comparison of a thing with itself, the noise floor. */
export function reach({ low, high }: Interval): number {
  return Math.max(Math.abs(low), Math.abs(high));
}

/** A ratio of change (0.1: ten per cent more) as a logarithm, and back. */
export const logOf = (ratio: number): number => Math.log1p(ratio);
export const ratioOf = (log: number): number => Math.expm1(log);
