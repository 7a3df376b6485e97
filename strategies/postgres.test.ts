import { expect, it } from 'vitest';
import { noCancel } from '../src/base/cancel.js';
import { after, nowMs } from '../src/base/clock.js';
import { seededRandom, tokenSource } from '../src/base/random.js';
import { sleep } from '../src/base/sleep.js';
import type { SqlServer } from '../src/contract/index.js';
import { retryPolicy } from '../src/kit/retry.js';
import postgres from './postgres.js';

const env = {
  nowMs,
  after,
  sleep,
  random: seededRandom(1),
  token: tokenSource(),
  retry: retryPolicy({ kind: 'fixed', minMs: 1, maxMs: 1, limit: 0 }),
};

it('a session whose lock statement ended in an error is ended: it may hold the lock', async () => {
  const told: string[] = [];
  const failure = { code: 'ERR', fate: 'not-executed', message: '57014 statement timeout', sqlState: '57014' };
  const session = {
    query: (text: string) =>
      Promise.resolve(text.includes('pg_try') ? { failure: null, rows: [[false]] } : { failure, rows: [] }),
    onLost: () => () => {},
    interrupt: () => {},
    end: () => told.push('ended'),
  };
  const giveBack = (): void => void told.push('given back');
  const server = { borrow: () => Promise.resolve({ session, giveBack }) } as unknown as SqlServer;
  const locks = await postgres.open(server, env, { timeout: 100, waiting: 'queue' });
  const outcome = await locks.acquire('a', { ttlMs: 1_000, waitMs: 500, cancel: noCancel });
  expect(outcome).toMatchObject({ kind: 'refused', why: 'unreachable' });
  expect(told).toEqual(['ended', 'given back']);
});
