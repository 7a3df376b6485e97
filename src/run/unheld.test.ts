import { describe, expect, it } from 'vitest';
import { historyOf, type Step } from '../check/testing.js';
import type { History, Wait } from '../contract/index.js';
import { UnheldWatch, type UnheldContext } from './unheld.js';

const originNs = 5_000e6;
const windowNs = [originNs, originNs + 10_000e6] as const;
const context = { ttlMs: 3_000, retryMaxMs: 30 };

function unheldOf(history: History, given: UnheldContext): ReturnType<UnheldWatch['result']> {
  const watch = new UnheldWatch(history, given);
  for (const block of history.rows.blocks()) watch.rows(block);
  return watch.result();
}

const held = (enter: number, leave: number, key = 0): Step => ({
  contender: 0,
  enter,
  leave,
  validUntil: enter + 3_000,
  key,
});
const wait = (since: number, until: number, key = 0): Wait => ({
  key,
  sinceNs: originNs + since * 1e6,
  untilNs: originNs + until * 1e6,
});

describe('a lock that nobody holds', () => {
  it('is nothing where nobody waits, or for no longer than a hand-over takes', () => {
    expect(unheldOf(historyOf([held(0, 10), held(9_000, 9_010)], { windowNs }), context)).toBeNull();
    const waits = [wait(0, 1_000), wait(2_000, 3_400)];
    expect(unheldOf(historyOf([held(0, 10)], { windowNs, waits }), context)).toBeNull();
  });

  it('is told with its gaps, those who waited, and the waits that lasted a lease', () => {
    const steps = [held(100, 110), held(3_100, 3_110), held(7_000, 7_010)];
    const waits = [wait(50, 5_000), wait(200, 6_990), wait(5_010, 9_900)];
    expect(unheldOf(historyOf(steps, { windowNs, waits }), context)).toEqual({
      key: 0,
      ms: 2_990 + 3_890 + 2_890,
      gaps: 3,
      shortestMs: 2_890,
      longestMs: 3_890,
      waiting: 2,
      leaseLongWaits: 3,
    });
  });

  it('counts from the opening of the window to its close, and only while somebody waits', () => {
    const waits = [wait(-500, 4_000), wait(6_000, 20_000)];
    expect(unheldOf(historyOf([], { windowNs, waits }), context)).toMatchObject({ ms: 4_000, gaps: 1, waiting: 1 });
  });

  it('counts who was refused and then granted once', () => {
    const steps: Step[] = [{ ...held(5_000, 5_010), acquireMs: 2_000 }];
    const waits = [wait(0, 4_999.9)];
    const found = unheldOf(historyOf(steps, { windowNs, waits }), context);
    expect(found).toMatchObject({ gaps: 1, waiting: 1, leaseLongWaits: 1 });
  });

  it('is found among as many grants as a long run has', () => {
    const step = (i: number): Step => ({ ...held(i, i + 0.5), contender: i % 8, acquireMs: 5 });
    const before = Array.from({ length: 60_000 }, (_, i) => step(i));
    const after = Array.from({ length: 60_000 }, (_, i) => step(63_000 + i));
    const long = [originNs, originNs + 123_000e6] as const;
    const waits = [wait(60_000, 62_999)];
    const found = unheldOf(historyOf([...before, ...after], { windowNs: long, waits }), context);
    expect(found).toMatchObject({ gaps: 1, waiting: 1, leaseLongWaits: 1 });
  });

  it('is looked for on each key, and the worst is told', () => {
    const waits = [wait(0, 2_000, 3), wait(0, 5_000, 7)];
    expect(unheldOf(historyOf([], { windowNs, waits }), context)).toMatchObject({ key: 7, ms: 5_000 });
  });
});
