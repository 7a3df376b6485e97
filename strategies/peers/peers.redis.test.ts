/**
 * Every published library that is installed, in every profile, on real servers: that our adapters reach it at all. What it
 * does of its own, `bench conform --strategy peers` finds out, and may find fault with.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noCancel } from '../../src/base/cancel.js';
import { after, delay, nowMs } from '../../src/base/clock.js';
import { installedPackage } from '../../src/base/packages.js';
import { listPlugins } from '../../src/base/plugins.js';
import { seededRandom, tokenSource } from '../../src/base/random.js';
import { sleep } from '../../src/base/sleep.js';
import { openEngine, type OpenedEngine } from '../../src/clients/engine.js';
import { startServer, type TestServer } from '../../src/clients/testing.js';
import type { AcquireOutcome, Grant, LockSession, LockStrategy, StrategyEnv } from '../../src/contract/index.js';
import { retryPolicy } from '../../src/kit/retry.js';
import { clientsOf } from '../../src/plan/resolve-client.js';

const peers = (await listPlugins<LockStrategy>('strategy')).filter(({ library }) => library !== undefined);
const nodes = 3;
const settings = { connectTimeoutMs: 1_000, readyWaitMs: 5_000, scripts: [] };

let servers: TestServer[] = [];
beforeAll(async () => {
  servers = await Promise.all(Array.from({ length: nodes }, () => startServer()));
});
afterAll(async () => void (await Promise.all(servers.map((server) => server.stop()))));

const env = (): StrategyEnv => ({
  nowMs,
  after,
  sleep,
  random: seededRandom(1),
  token: tokenSource(),
  retry: retryPolicy({ kind: 'uniform', minMs: 5, maxMs: 15, limit: null }),
});

const variants = peers.flatMap((peer) =>
  ['tuned', 'pipelined', 'default'].flatMap((profile) =>
    clientsOf(peer).map((client) => [`${peer.name} (${profile}) on ${client}`, peer, profile, client] as const),
  ),
);

it('are many', () => expect(peers.length).toBeGreaterThanOrEqual(7));

it('are named as their package is, in the version that we know', () => {
  for (const { name, library } of peers) expect(installedPackage(library!)?.version ?? name).not.toBe('unknown');
});

describe.each(variants)('%s', (_, peer, profile, client) => {
  const opened: { session: LockSession; engine: OpenedEngine }[] = [];
  let keys = 0;

  beforeAll(async () => {
    if (installedPackage(peer.library!) === null) return;
    for (let i = 0; i < 2; i += 1) {
      const endpoints = servers.slice(0, peer.topology === 'quorum' ? nodes : 1).map(({ endpoint }) => endpoint);
      const engine = await openEngine({ engine: 'library', client }, endpoints, settings);
      const defaults = Object.entries(peer.options).map(([key, field]) => [key, field.default] as const);
      const options = { ...Object.fromEntries(defaults), profile };
      opened.push({ session: await peer.open(engine.engine, env(), options), engine });
    }
  });
  afterAll(async () => {
    for (const { session, engine } of opened) {
      await session.close();
      await engine.close();
    }
  });

  const needsPackage = (skip: (note: string) => void): void => {
    if (installedPackage(peer.library!) === null) skip(`the package ${peer.library} is not installed`);
  };
  const ask = (who: number, key: string, ttlMs = 10_000, waitMs = 0): Promise<AcquireOutcome> =>
    opened[who]!.session.acquire(key, { ttlMs, waitMs, cancel: noCancel });
  const granted = (outcome: AcquireOutcome): Grant => {
    if (outcome.kind !== 'granted') throw new Error(JSON.stringify(outcome));
    return outcome.grant;
  };
  const freshKey = (): string => `peers:${peer.name}:${profile}:${client}:${(keys += 1)}`;

  // By default redis-semaphore keeps a lock alive by itself, so that there is nothing to see.
  const isKeptAlive = profile === 'default' && peer.library === 'redis-semaphore';

  it('grants a free lock, for as long as it was asked, and takes it back', async ({ skip }) => {
    needsPackage(skip);
    const startMs = nowMs();
    const key = freshKey();
    const outcome = await ask(0, key);
    const grant = granted(outcome);
    expect(outcome.tries).toBe(1);
    expect(grant.key).toBe(key);
    expect(grant.validUntilMs).toBeGreaterThan(startMs + 9_000);
    if (isKeptAlive) expect(grant.validUntilMs).toBe(Infinity);
    else expect(grant.validUntilMs).toBeLessThanOrEqual(nowMs() + 10_000);
    expect(await opened[0]!.session.release(grant)).toEqual({ kind: 'released' });
    granted(await ask(1, key));
  });

  it('is kept in Redis where it says', async ({ skip }) => {
    needsPackage(skip);
    const key = freshKey();
    const grant = granted(await ask(0, key));
    const redis = await openEngine({ engine: 'redis', client }, [servers[0]!.endpoint], settings);
    if (redis.name !== 'redis') throw new Error(redis.name);
    const lane = redis.engine[0]!.shared;
    const command = { name: 'EXISTS', args: [peer.redisKey?.(key) ?? key] };
    const found = await new Promise((resolve) => lane.send(command, 5_000, 0, (_tag, __, reply) => resolve(reply)));
    await redis.close();
    expect(found).toBe(1);
    await opened[0]!.session.release(grant);
  });

  it('refuses a held lock after one try, and gives it to who waits when it is free', async ({ skip }) => {
    needsPackage(skip);
    const key = freshKey();
    const grant = granted(await ask(0, key));
    expect(await ask(1, key)).toEqual({ kind: 'refused', why: 'busy', tries: 1 });
    const waiting = ask(1, key, 10_000, 5_000);
    await delay(30);
    await opened[0]!.session.release(grant);
    const outcome = await waiting;
    expect(outcome.tries).toBeGreaterThanOrEqual(1);
    // Date.now() is too coarse to tell of a round: it is not known, or measured by our own clock.
    if (outcome.kind === 'granted' && outcome.tries > 1 && /redlock-v|sesamecare|universal/.test(peer.name))
      expect(outcome.roundMs).toBeNull();
    await opened[1]!.session.release(granted(outcome));
  });

  if (!isKeptAlive)
    it('lets an abandoned lock go at its TTL, and not before', async ({ skip }) => {
      needsPackage(skip);
      const key = freshKey();
      const abandoned = granted(await ask(0, key, 200));
      await delay(50);
      expect((await ask(1, key)).kind).toBe('refused');
      while (nowMs() < abandoned.validUntilMs + 20) await delay(5);
      // From when the server set it, which a busy machine may have been slow to hear of.
      await opened[1]!.session.release(granted(await ask(1, key, 10_000, 1_000)));
    });

  it('asks each server two times for a free lock and its release, or says why more', async ({ skip }) => {
    needsPackage(skip);
    const { session, engine } = opened[0]!;
    await session.quiesce();
    const before = { ...engine.meter };
    const cycles = 5;
    for (let i = 0; i < cycles; i += 1) await session.release(granted(await ask(0, freshKey())));
    await session.quiesce();
    // simple-redis-mutex mints its token by a command of its own.
    const each = peer.library === 'simple-redis-mutex' ? 3 : 2;
    const asked = peer.topology === 'quorum' ? nodes : 1;
    expect(engine.meter.commands - before.commands).toBe(cycles * each * asked);
    expect(engine.meter.roundTrips - before.roundTrips).toBeGreaterThanOrEqual(cycles * each);
    expect(engine.meter.roundTrips - before.roundTrips).toBeLessThanOrEqual(cycles * each * asked);
    expect(engine.failures()).toEqual([]);
  });
});
