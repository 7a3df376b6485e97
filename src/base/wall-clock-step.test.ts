import { afterAll, expect, it } from 'vitest';
import { nowMs } from './clock.js';
import { stepWallClock } from './wall-clock-step.js';

const first = Date.now();
const firstMs = nowMs();
afterAll(() => void stepWallClock(-(Date.now() - first - (nowMs() - firstMs))));

/** By how much the wall clock is ahead of where it would be. */
const ahead = (now: number): number => now - first - (nowMs() - firstMs);

it('moves what programs read, by steps that add up, and nothing else', () => {
  expect(Math.abs(stepWallClock(-5000) + 5000)).toBeLessThan(20);
  expect(Math.abs(stepWallClock(2000) - 2000)).toBeLessThan(20);
  expect(Math.abs(ahead(Date.now()) + 3000)).toBeLessThan(20);
  expect(Math.abs(ahead(new Date().getTime()) + 3000)).toBeLessThan(20);
  expect(new Date(1234).getTime()).toBe(1234);
  expect(new Date(2020, 1, 2).getFullYear()).toBe(2020);
  expect(Date.UTC(1970, 0)).toBe(0);
  const date = new Date();
  expect(date instanceof Date && date.constructor === Date).toBe(true);
  expect(Date()).toBe(new Date().toString());
  expect(stepWallClock(3000)).toBeGreaterThan(2900);
  expect(Math.abs(ahead(Date.now()))).toBeLessThan(20);
});
