/** The design on etcd on real clusters: each behaviour that it claims is a test, and what its recipe is there for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CancelSource, noCancel } from '../src/base/cancel.js';
import { delay, nowMs } from '../src/base/clock.js';
import { openEngine, type OpenedEngine } from '../src/clients/engine.js';
import { envOf } from '../src/conform/env.js';
import type { AcquireOutcome, EtcdCluster, LockSession } from '../src/contract/index.js';
import { openCatalogue } from '../src/plan/catalogue.js';
import { resolvePlan } from '../src/plan/resolve.js';
import { etcd, runsEtcd, keyPrefix, skipped } from '../src/servers/etcd.testing.js';
import { testClaims } from './claims.testing.js';
import design from './etcd.js';

const { strategies } = resolvePlan({ strategy: 'etcd,etcd@nodes=1' }, await openCatalogue(), [], 0);
if (runsEtcd) await testClaims(strategies, 45);

const options = { timeout: 300, maxExtensions: 10 };
const ttlMs = 1_000;
const longMs = 10_000;

describe.skipIf(!runsEtcd)(`the recipe of etcd${skipped}`, { timeout: 30_000 }, () => {
  let own: Awaited<ReturnType<typeof etcd>>;
  const opened: OpenedEngine[] = [];
  let names = 0;
  const freshKey = (): string => `${keyPrefix}${(names += 1)}`;

  async function engine(): Promise<EtcdCluster> {
    const settings = { connectTimeoutMs: 1_000, readyWaitMs: 5_000, scripts: [] };
    const one = await openEngine({ engine: 'etcd', client: null }, own.servers.endpoints, settings);
    opened.push(one);
    return one.engine as EtcdCluster;
  }
  const sessionOn = (cluster: EtcdCluster): Promise<LockSession> => design.open(cluster, envOf('test'), options);
  const session = async (): Promise<LockSession> => sessionOn(await engine());
  const ask = (from: LockSession, key: string, waitMs: number, cancel = noCancel): Promise<AcquireOutcome> =>
    from.acquire(key, { ttlMs, waitMs, cancel });

  async function granted(
    from: LockSession,
    key: string,
    waitMs = 0,
  ): Promise<Extract<AcquireOutcome, { kind: 'granted' }>> {
    const outcome = await ask(from, key, waitMs);
    if (outcome.kind !== 'granted') throw new Error(`not granted: ${JSON.stringify(outcome)}`);
    return outcome;
  }

  beforeAll(async () => void (own = await etcd(3)));
  afterAll(async () => {
    for (const one of opened) await one.close();
    await own.close();
  });

  it('lets waiters in by the order in which they came, with growing fences', async () => {
    const [one, other] = [await session(), await session()];
    const key = freshKey();
    const first = await granted(one, key);
    expect(first.queued).toBe(false);
    const order: number[] = [];
    const fences: bigint[] = [first.grant.fence!];
    const waiters = [0, 1, 2, 3, 4].map(async (i) => {
      await delay(i * 60);
      const from = i % 2 === 0 ? one : other;
      const { grant, queued } = await granted(from, key, longMs);
      order.push(i);
      fences.push(grant.fence!);
      // What others held the lock for is not what it costs.
      expect(queued).toBe(true);
      await from.release(grant);
    });
    await delay(600);
    await one.release(first.grant);
    await Promise.all(waiters);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(fences).toEqual([...fences].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(fences).size).toBe(6);
  });

  it('does not grant to a waiter whose place was taken away meanwhile, but lets it line up again (etcd#11456)', async () => {
    const [holder, plain] = [await session(), await engine()];
    const key = freshKey();
    const leases: bigint[] = [];
    const overheard: EtcdCluster = {
      grant: (lease, ...rest) => {
        leases.push(lease);
        return plain.grant(lease, ...rest);
      },
      keepAlive: (...args) => plain.keepAlive(...args),
      revoke: (...args) => plain.revoke(...args),
      create: (...args) => plain.create(...args),
      range: (...args) => plain.range(...args),
      deleted: (...args) => plain.deleted(...args),
    };
    const first = await granted(holder, key);
    const waiting = ask(await sessionOn(overheard), key, longMs);
    for (let i = 0; i < 100 && leases.length === 0; i += 1) await delay(5);
    // Before its first renewal, which would notice.
    await delay(100);
    await plain.revoke(leases[0], longMs);
    await holder.release(first.grant);
    const outcome = await waiting;
    expect(outcome).toMatchObject({ kind: 'granted', tries: 2 });
    expect(leases).toHaveLength(2);
  });

  it('keeps its place for longer than its TTL, and gives it up when it may not wait any longer', async () => {
    const [one, other] = [await session(), await session()];
    const key = freshKey();
    const { grant } = await granted(one, key);
    const renewing = setRenewing(one, grant);
    const startMs = nowMs();
    expect(await ask(other, key, 2_500)).toMatchObject({ kind: 'refused', why: 'busy', tries: 1 });
    expect(nowMs() - startMs).toBeGreaterThanOrEqual(2_500);
    renewing.cancel();
    await one.release(grant);
    await Promise.all([one.quiesce(), other.quiesce()]);
    expect(await own.servers.keysLeft()).toEqual([]);
  });

  it('leaves no place behind when it asks once, or is cancelled', async () => {
    const [one, other] = [await session(), await session()];
    const key = freshKey();
    const { grant } = await granted(one, key);
    expect(await ask(other, key, 0)).toMatchObject({ kind: 'refused', why: 'busy', tries: 1 });
    expect(await own.servers.keysLeft()).toHaveLength(1);
    const cancel = new CancelSource();
    const waiting = ask(other, key, longMs, cancel);
    await delay(50);
    cancel.cancel();
    expect(await waiting).toMatchObject({ kind: 'cancelled' });
    await other.quiesce();
    expect(await own.servers.keysLeft()).toHaveLength(1);
    await one.release(grant);
  });

  it('tells a lost lease to its holder, once it asks', async () => {
    const one = await session();
    const { grant } = await granted(one, freshKey());
    let told = 0;
    grant.onLost(() => (told += 1));
    await own.servers.removeKeys();
    expect(await one.extend!(grant, ttlMs)).toEqual({ kind: 'lost' });
    expect(told).toBe(1);
  });

  it('names that lie within each other are locks of their own', async () => {
    const one = await session();
    const key = freshKey();
    const grants = [await granted(one, key), await granted(one, `${key}/x`), await granted(one, `${key}0`)];
    for (const { grant } of grants) expect(await one.release(grant)).toEqual({ kind: 'released' });
  });

  it('gives the lock back while a new leader is elected, or as soon as there is one', async () => {
    const one = await session();
    // It does not end by itself while this lasts.
    const outcome = await one.acquire(freshKey(), { ttlMs: 6 * longMs, waitMs: 0, cancel: noCancel });
    if (outcome.kind !== 'granted') throw new Error(`not granted: ${JSON.stringify(outcome)}`);
    const leader = (await own.servers.leader())!;
    await own.servers.controls[leader].kill();
    const released = await one.release(outcome.grant);
    // An election may take longer than a release waits for its answer.
    expect(['released', 'unknown']).toContain(released.kind);
    const untilMs = nowMs() + longMs;
    while ((await own.servers.keysLeft()).length > 0 && nowMs() < untilMs) await delay(50);
    expect(await own.servers.keysLeft()).toEqual([]);
    await own.servers.controls[leader].start('kept');
  });
});

/** Every 300 ms, until cancelled. */
function setRenewing(from: LockSession, grant: Extract<AcquireOutcome, { kind: 'granted' }>['grant']): CancelSource {
  const stop = new CancelSource();
  void (async () => {
    while (!stop.cancelled) {
      await from.extend!(grant, ttlMs);
      await delay(300);
    }
  })();
  return stop;
}
