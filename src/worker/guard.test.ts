import { describe, expect, it } from 'vitest';
import { CancelSource } from '../base/cancel.js';
import { nowMs } from '../base/clock.js';
import { Lease } from '../kit/lease.js';
import { LeaseGuard } from './guard.js';

const longMs = 60_000;

function guardOf(guarded: boolean, ttlMs: number, listening = false) {
  const lease = new Lease('k', 't', nowMs() + ttlMs, nowMs());
  const cancel = new CancelSource();
  return { lease, cancel, guard: new LeaseGuard(lease, guarded, listening, cancel) };
}

describe('a holder that is kept inside', () => {
  it('stays until then, and no longer', async () => {
    const { guard } = guardOf(false, longMs);
    const untilMs = nowMs() + 30;
    guard.keepUntil(untilMs);
    await guard.pause(0);
    expect(nowMs()).toBeGreaterThanOrEqual(untilMs);
  });

  it('goes when it is let go, when the run ends, and a guarded one when its lease does', async () => {
    const one = guardOf(false, longMs);
    one.guard.keepUntil(Infinity);
    const paused = one.guard.pause(0);
    setTimeout(() => one.guard.letGo(), 5);
    await paused;
    const two = guardOf(false, longMs);
    two.guard.keepUntil(nowMs() + longMs);
    setTimeout(() => two.cancel.cancel(), 5);
    await two.guard.pause(longMs);
    const three = guardOf(true, 10);
    three.guard.keepUntil(nowMs() + longMs);
    await three.guard.pause(longMs);
    expect(nowMs()).toBeGreaterThanOrEqual(three.lease.validUntilMs);
  });

  it('spends what it would have spent anyway when it is let go', async () => {
    const { guard } = guardOf(false, longMs);
    const untilMs = nowMs() + 30;
    guard.keepUntil(Infinity);
    setTimeout(() => guard.letGo(), 5);
    await guard.pause(30);
    expect(nowMs()).toBeGreaterThanOrEqual(untilMs - 1);
  });
});

describe('a loss', () => {
  it('wakes a guarded holder, and is only heard by a naive one that listens', async () => {
    const guarded = guardOf(true, longMs);
    setTimeout(() => guarded.lease.lose(), 5);
    await guarded.guard.pause(longMs);
    expect(guarded.guard.mayProceed()).toBe(false);
    const naive = guardOf(false, longMs, true);
    const untilMs = nowMs() + 30;
    setTimeout(() => naive.lease.lose(), 5);
    await naive.guard.pause(30);
    expect(nowMs()).toBeGreaterThanOrEqual(untilMs - 1);
    expect(naive.guard.mayProceed()).toBe(true);
    expect(naive.guard.lostMs).toBeLessThan(Infinity);
    const deaf = guardOf(false, longMs);
    deaf.lease.lose();
    expect(deaf.guard.lostMs).toBe(Infinity);
  });
});
