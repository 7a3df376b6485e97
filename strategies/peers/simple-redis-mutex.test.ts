import { expect, it } from 'vitest';
import { noCancel } from '../../src/base/cancel.js';
import { after, delay, nowMs } from '../../src/base/clock.js';
import { installedPackage } from '../../src/base/packages.js';
import { seededRandom, tokenSource } from '../../src/base/random.js';
import { sleep } from '../../src/base/sleep.js';
import type { LibraryServers } from '../../src/contract/index.js';
import { retryPolicy } from '../../src/kit/retry.js';
import simpleRedisMutex from './simple-redis-mutex.js';

it('counts a lease from the SET that took the lock, though more were on their way', async ({ skip }) => {
  if (installedPackage('simple-redis-mutex') === null) skip('the package is not installed');
  const nothing = (): Promise<void> => Promise.resolve();
  const subscriber = { isOpen: true, on: () => {}, connect: nothing, subscribe: nothing, destroy: () => {} };
  const sentMs: number[] = [];
  const client = {
    isOpen: false,
    duplicate: () => subscriber,
    on: () => {},
    scriptLoad: nothing,
    async set() {
      sentMs.push(nowMs());
      const isFirst = sentMs.length === 1;
      await delay(200);
      return isFirst ? 'OK' : null;
    },
    incr: () => Promise.resolve(1),
  };
  const servers = { connect: () => Promise.resolve([client]), failedCommands: () => [0] } as unknown as LibraryServers;
  const retry = retryPolicy({ kind: 'fixed', minMs: 20, maxMs: 20, limit: null });
  const env = { nowMs, after, sleep, random: seededRandom(1), token: tokenSource(), retry };
  const session = await simpleRedisMutex.open(servers, env, { profile: 'tuned', nodeTimeout: 500 });
  const outcome = await session.acquire('a', { ttlMs: 1_000, waitMs: 5_000, cancel: noCancel });
  if (outcome.kind !== 'granted') throw new Error(outcome.kind);
  expect(outcome.tries).toBeGreaterThan(1);
  expect(outcome.grant.validUntilMs).toBeLessThanOrEqual(sentMs[0]! + 1_000);
  expect(outcome.roundMs).toBeGreaterThan(190);
});
