/** The lock on ZooKeeper on real ensembles: each behaviour that it claims, and what its recipe is known for. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CancelSource, noCancel } from '../src/base/cancel.js';
import { delay, nowMs } from '../src/base/clock.js';
import { openEngine, type OpenedEngine } from '../src/clients/engine.js';
import { envOf } from '../src/conform/env.js';
import type { AcquireOutcome, Grant, LockSession } from '../src/contract/index.js';
import { openCatalogue } from '../src/plan/catalogue.js';
import { resolvePlan } from '../src/plan/resolve.js';
import { startRelay, type Relay } from '../src/relay/relay.js';
import { runsZookeeper, skipped, zookeeper } from '../src/servers/zookeeper.testing.js';
import design from './zookeeper.js';
import { testClaims } from './claims.testing.js';

const { strategies } = resolvePlan({ strategy: 'zookeeper' }, await openCatalogue(), [], 0);
if (runsZookeeper) await testClaims(strategies, 35);

describe.skipIf(!runsZookeeper)(`zookeeper${skipped}`, () => {
  const ttlMs = 600;
  const patient = { ttlMs, waitMs: 10_000, cancel: noCancel };
  const once = { ttlMs, waitMs: 0, cancel: noCancel };
  let own: Awaited<ReturnType<typeof zookeeper>>;
  const open: { readonly opened: OpenedEngine; readonly locks: LockSession; readonly relay: Relay }[] = [];
  let names = 0;
  const fresh = (): string => `lockbench:test:${(names += 1)}`;

  async function client(): Promise<(typeof open)[number]> {
    const relay = await startRelay(own.servers.endpoints[0]);
    const settings = { connectTimeoutMs: 1_000, readyWaitMs: 5_000, scripts: [] };
    const opened = await openEngine({ engine: 'zookeeper', client: null }, [relay.endpoint], settings);
    if (opened.name !== 'zookeeper') throw new Error(`an engine ${opened.name} was opened`);
    const locks = await design.open(opened.engine, envOf(`client ${names}`), { timeout: 200 });
    open.push({ opened, locks, relay });
    return open[open.length - 1];
  }

  function grantIn(outcome: AcquireOutcome): Grant {
    if (outcome.kind !== 'granted') throw new Error(`it was told ${JSON.stringify(outcome)}`);
    return outcome.grant;
  }

  async function nothingLeft(): Promise<void> {
    await Promise.all(open.map(({ locks }) => locks.quiesce()));
    expect(await own.servers.keysLeft()).toEqual([]);
  }

  beforeAll(async () => void (own = await zookeeper(1)));
  afterAll(() => own.close());
  afterEach(async () => {
    for (const { opened, locks, relay } of open.splice(0)) {
      await locks.close();
      await opened.close();
      await relay.close();
    }
  });

  it('has no Redis client, its lease is the session, and it is fenced', () => {
    expect(strategies[0]).toMatchObject({
      engine: 'zookeeper',
      client: null,
      topology: { kind: 'cluster', nodes: 3 },
      claims: { exclusion: true, toleratesDown: 1, lease: 'session', fences: true },
    });
  });

  it('grants in the order of asking, with fences that grow, over sessions', async () => {
    const [one, other] = [await client(), await client()];
    const key = fresh();
    const first = grantIn(await one.locks.acquire(key, once));
    const order: number[] = [];
    const fences = [first.fence!];
    const waiting: Promise<void>[] = [];
    for (let i = 0; i < 6; i += 1) {
      const { locks } = i % 2 === 0 ? other : one;
      waiting.push(
        locks.acquire(key, patient).then(async (outcome) => {
          const grant = grantIn(outcome);
          order.push(i);
          fences.push(grant.fence!);
          await locks.release(grant);
        }),
      );
      await delay(30);
    }
    await one.locks.release(first);
    await Promise.all(waiting);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(fences).toEqual([...fences].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(fences).size).toBe(7);
    await nothingLeft();
  });

  it('wakes one waiter by a release, however many there are', async () => {
    const { opened, locks } = await client();
    const key = fresh();
    const first = grantIn(await locks.acquire(key, once));
    const cancel = new CancelSource();
    let granted = 0;
    const waiting = Array.from({ length: 30 }, async () => {
      if ((await locks.acquire(key, { ...patient, cancel })).kind === 'granted') granted += 1;
    });
    await delay(300);
    const before = opened.meter.commands;
    await locks.release(first);
    while (granted === 0) await delay(5);
    await delay(100);
    // The removal, and the one look of the one who was woken.
    expect(opened.meter.commands - before).toBe(2);
    expect(granted).toBe(1);
    cancel.cancel();
    await Promise.all(waiting);
  });

  it('finds the node again whose creation was not answered', async () => {
    const [one, other] = [await client(), await client()];
    const key = fresh();
    // So that its session and the node of the lock are there.
    await one.locks.release(grantIn(await one.locks.acquire(key, once)));
    one.relay.set({ replies: 'drop' });
    const asking = one.locks.acquire(key, patient);
    await delay(50);
    const behind = other.locks.acquire(key, patient);
    await delay(50);
    one.relay.cut();
    one.relay.set({ replies: 'pass' });
    const grant = grantIn(await asking);
    expect((await own.servers.keysLeft()).length).toBe(2);
    await one.locks.release(grant);
    await other.locks.release(grantIn(await behind));
    await nothingLeft();
  });

  it('leaves nothing of a creation that was not answered when there is no time to look for it', async () => {
    const { locks, relay } = await client();
    const key = fresh();
    await locks.release(grantIn(await locks.acquire(key, once)));
    relay.set({ replies: 'drop' });
    expect((await locks.acquire(key, once)).kind).toBe('unknown');
    expect(locks.backlog().pending).toBeGreaterThan(0);
    relay.cut();
    relay.set({ replies: 'pass' });
    const untilMs = nowMs() + 5_000;
    while (locks.backlog().pending > 0 && nowMs() < untilMs) await delay(10);
    await nothingLeft();
  });

  it('loses its lock with its session when validity is over and not later, and never takes an old node for its own', async () => {
    const [one, other] = [await client(), await client()];
    const key = fresh();
    const grant = grantIn(await one.locks.acquire(key, once));
    let lostMs = 0;
    grant.onLost(() => (lostMs = nowMs()));
    one.relay.set({ requests: 'drop', replies: 'drop' });
    one.relay.cut();
    const next = grantIn(await other.locks.acquire(key, patient));
    expect(nowMs()).toBeGreaterThan(grant.validUntilMs);
    expect(lostMs).toBeGreaterThanOrEqual(grant.validUntilMs);
    expect(next.fence).toBeGreaterThan(grant.fence!);
    one.relay.set({ requests: 'pass', replies: 'pass' });
    one.relay.cut();
    expect((await one.locks.release(grant)).kind).not.toBe('released');
    const again = one.locks.acquire(key, patient);
    await delay(100);
    expect((await own.servers.keysLeft()).length).toBe(2);
    await other.locks.release(next);
    const last = grantIn(await again);
    expect(last.token).not.toBe(grant.token);
    expect(grant.validUntilMs).toBeLessThan(nowMs());
    await one.locks.release(last);
    await nothingLeft();
  });

  it('stands in line through a lost connection', async () => {
    const [one, other] = [await client(), await client()];
    const key = fresh();
    const grant = grantIn(await one.locks.acquire(key, once));
    const waiting = other.locks.acquire(key, patient);
    await delay(50);
    other.relay.reset();
    await delay(50);
    expect((await own.servers.keysLeft()).length).toBe(2);
    await one.locks.release(grant);
    const outcome = await waiting;
    expect(outcome).toMatchObject({ kind: 'granted', tries: 1, queued: true });
    await other.locks.release(grantIn(outcome));
    await nothingLeft();
  });

  it('takes names of locks as they are', async () => {
    const { locks } = await client();
    for (const name of ['a/b', '.', '..', 'ü %2F', 'x'.repeat(300)]) {
      const key = `${fresh()}:${name}`;
      const grant = grantIn(await locks.acquire(key, once));
      expect(await own.servers.keysLeft()).toEqual([expect.stringMatching(/-lock-\d{10}$/)]);
      expect((await own.servers.keysLeft())[0].startsWith(key)).toBe(true);
      await locks.release(grant);
    }
  });
});
