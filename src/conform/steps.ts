/** Steps that many cases take. */
import { after, delay, nowMs } from '../base/clock.js';
import type { AcquireOutcome, Grant } from '../contract/index.js';
import { limits } from './limits.js';
import type { Client, Contention, Interval, World } from './types.js';
import { ensure, shown } from './verify.js';

const pollMs = 2;

/** Polls until it holds; false when it does not come true in the end. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  const limitMs = nowMs() + limits.eventuallyMs;
  while (!(await holds())) {
    if (nowMs() > limitMs) return false;
    await delay(pollMs);
  }
  return true;
}

/** To the end of a short lease. Never early, as a plain timer may be. */
export function delayUntil(atMs: number): Promise<void> {
  const leftMs = atMs - nowMs();
  ensure(leftMs <= limits.eventuallyMs, `a short lease is to end in ${leftMs.toFixed(0)} ms`);
  return new Promise((resolve) => void after(Math.max(0, leftMs), resolve));
}

export function isGranted(outcome: AcquireOutcome): outcome is Extract<AcquireOutcome, { kind: 'granted' }> {
  return outcome.kind === 'granted';
}

/** One try for a lock that somebody holds: refused because of that. A try lost to a slow machine is made again. */
export async function ensureBusy(client: Client, key: string, whose: string): Promise<void> {
  const tries = 3;
  for (let i = 1; ; i += 1) {
    const outcome = await client.acquire(key);
    ensure(outcome.kind !== 'granted', `${whose}, and another client was granted it`);
    if (outcome.kind === 'refused' && outcome.why === 'busy') return;
    ensure(i < tries, `${whose}, and another client was told ${shown(outcome)} and not that it is busy`);
    await client.quiesce();
  }
}

/** After everything has settled: no key on any master that the design does not keep for good. */
export async function ensureNothingLeft(world: World, clients: readonly Client[], when: string): Promise<void> {
  for (const client of clients) await client.quiesce();
  let left: readonly string[] = [];
  await eventually(async () => {
    // Asked before looking: what is owed now may be done by the time we have looked.
    const owed = clients.some((client) => client.backlog().pending > 0);
    left = await world.keysLeft();
    return left.length === 0 || !owed;
  });
  ensure(left.length === 0, `${when}, these keys are left: ${shown(left)}`);
}

export async function release(client: Client, grant: Grant): Promise<void> {
  const outcome = await client.release(grant);
  ensure(outcome.kind === 'released', `release of a held lock answered ${shown(outcome)}`);
}

const contendWaitMs = 10_000;
/** Long enough for the others to try meanwhile. */
const insideMs = 1;

/** Goes through the lock so many times; what others do in other processes is on the same clock. */
export async function contend(
  client: Client,
  { key, cycles, startMs, ttlMs = limits.leaseMs }: Contention,
): Promise<readonly Interval[]> {
  const intervals: Interval[] = [];
  await delayUntil(startMs);
  for (let i = 0; i < cycles; i += 1) {
    const grant = await client.hold(key, { ttlMs, waitMs: contendWaitMs });
    const enterMs = nowMs();
    await delay(insideMs);
    intervals.push({ enterMs, leaveMs: nowMs(), validUntilMs: grant.validUntilMs });
    await client.release(grant);
  }
  return intervals;
}

/** Overlap of two leases that were both valid. */
export function ensureApart(intervals: readonly Interval[]): void {
  const ordered = [...intervals].sort((a, b) => a.enterMs - b.enterMs);
  for (let i = 1; i < ordered.length; i += 1) {
    const before = ordered[i - 1];
    const untilMs = Math.min(before.leaveMs, before.validUntilMs);
    const overlapMs = untilMs - ordered[i].enterMs;
    ensure(overlapMs <= 0, `two clients were inside together for ${overlapMs.toFixed(3)} ms`);
  }
}

/** Calls that meet silence end within the design's own limit, with plenty to spare. */
export async function ensureWithin<T>(client: Client, what: string, work: () => Promise<T>): Promise<T> {
  const startMs = nowMs();
  const result = await work();
  const tookMs = nowMs() - startMs;
  ensure(tookMs <= client.boundMs, `${what} took ${tookMs.toFixed(0)} ms, over ${client.boundMs.toFixed(0)} ms`);
  return result;
}
