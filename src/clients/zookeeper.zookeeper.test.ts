/** Sessions of ZooKeeper on a real one, through a relay. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { delay, nowMs } from '../base/clock.js';
import type { SessionEvent } from '../contract/index.js';
import { startRelay, type Relay } from '../relay/relay.js';
import { runsZookeeper, skipped, zookeeper } from '../servers/zookeeper.testing.js';
import { ZkSession } from './zookeeper-session.js';

const limitMs = 10_000;
const sessionMs = 600;

async function until(check: () => boolean): Promise<void> {
  const endMs = nowMs() + limitMs;
  while (!check()) {
    if (nowMs() > endMs) throw new Error('it did not come true in time');
    await delay(2);
  }
}

describe.skipIf(!runsZookeeper)(`a session of ZooKeeper${skipped}`, () => {
  let own: Awaited<ReturnType<typeof zookeeper>>;
  let relay: Relay;
  let session: ZkSession;
  let other: ZkSession;
  let told: SessionEvent[];
  const failed: string[] = [];
  let names = 0;
  const fresh = (): string => `/node-${(names += 1)}`;

  async function open(endpoint = own.servers.endpoints[0], timeoutMs = sessionMs): Promise<ZkSession> {
    const one = new ZkSession({
      endpoints: [endpoint],
      first: 0,
      timeoutMs,
      connectTimeoutMs: 1_000,
      meter: { commands: 0, roundTrips: 0 },
      failed: (_, code) => void failed.push(code),
    });
    await one.ready(limitMs);
    return one;
  }

  beforeAll(async () => void (own = await zookeeper(1)));
  afterAll(() => own.close());
  beforeEach(async () => {
    relay = await startRelay(own.servers.endpoints[0]);
    [session, other] = await Promise.all([open(relay.endpoint), open(undefined, 10_000)]);
    told = [];
    session.onEvent((event) => told.push(event));
  });
  afterEach(async () => {
    session.abandon();
    other.abandon();
    await relay.close();
  });

  it('creates nodes whose transactions grow, tells whose they are, and removes them', async () => {
    const parent = fresh();
    const first = await session.create(parent, 'persistent', limitMs);
    const [second, third] = await Promise.all([
      session.create(`${parent}/a-`, 'ephemeral-sequential', limitMs),
      session.create(`${parent}/b-`, 'ephemeral-sequential', limitMs),
    ]);
    expect(first.value).toMatchObject({ path: parent, owner: null });
    expect(second.value).toMatchObject({ path: `${parent}/a-0000000000`, owner: session.id });
    expect(second.value!.czxid).toBeGreaterThan(first.value!.czxid);
    expect(third.value!.czxid).toBeGreaterThan(second.value!.czxid);
    expect((await session.children(parent, limitMs)).value).toHaveLength(2);
    expect((await other.get(second.value!.path, null, limitMs)).value).toEqual(second.value);
    expect((await session.delete(second.value!.path, limitMs)).failure).toBeNull();
  });

  it('says why a request was refused, and that it was not executed', async () => {
    const parent = fresh();
    await session.create(parent, 'persistent', limitMs);
    await session.create(`${parent}/x`, 'persistent', limitMs);
    const answers = await Promise.all([
      session.create(parent, 'persistent', limitMs),
      session.delete(parent, limitMs),
      session.delete('/nowhere', limitMs),
    ]);
    expect(answers.map(({ failure }) => failure?.refusal)).toEqual(['node-exists', 'not-empty', 'no-node']);
    expect(answers.map(({ failure }) => failure?.fate)).toEqual(answers.map(() => 'not-executed'));
  });

  it('tells a watch once: when the node goes, or the connection does', async () => {
    const [one, two] = [fresh(), fresh()];
    for (const path of [one, two]) await other.create(path, 'persistent', limitMs);
    let gone = 0;
    let cut = 0;
    await session.get(one, () => (gone += 1), limitMs);
    await session.get(two, () => (cut += 1), limitMs);
    await other.delete(one, limitMs);
    await until(() => gone === 1);
    expect(cut).toBe(0);
    relay.reset();
    await until(() => cut === 1 && session.state === 'connected');
    await other.delete(two, limitMs);
    await session.sync('/', limitMs);
    expect([gone, cut]).toEqual([1, 1]);
    expect((await session.get(two, () => (cut += 1), limitMs)).failure?.refusal).toBe('no-node');
  });

  it('tells a watch nothing that has been forgotten', async () => {
    const path = fresh();
    await other.create(path, 'persistent', limitMs);
    const told: string[] = [];
    const [one, two] = [() => void told.push('one'), () => void told.push('two')];
    for (const onChange of [one, two]) await session.get(path, onChange, limitMs);
    session.forget(path, one);
    await other.delete(path, limitMs);
    await until(() => told.length > 0);
    expect(told).toEqual(['two']);
  });

  it('outlives its connection, with its nodes', async () => {
    const parent = fresh();
    await session.create(parent, 'persistent', limitMs);
    const { value } = await session.create(`${parent}/n-`, 'ephemeral-sequential', limitMs);
    const { id } = session;
    relay.reset();
    await until(() => told.includes('connected'));
    expect(told).toEqual(['disconnected', 'connected']);
    expect(session.id).toBe(id);
    expect((await session.get(value!.path, null, limitMs)).value).toEqual(value);
  });

  it('says of requests without an answer whether they may have been executed', async () => {
    failed.length = 0;
    const path = fresh();
    relay.set({ replies: 'drop' });
    const silent = await session.create(path, 'persistent', 50);
    expect(silent.failure).toMatchObject({ code: 'TIMEOUT', fate: 'maybe-executed', refusal: null });
    const cut = session.sync('/', limitMs);
    await delay(20);
    relay.cut();
    expect((await cut).failure).toMatchObject({ code: 'RESET', fate: 'maybe-executed' });
    expect((await session.sync('/', limitMs)).failure).toMatchObject({ code: 'DOWN', fate: 'not-executed' });
    expect((await other.get(path, null, limitMs)).failure).toBeNull();
    expect(failed).toEqual(['TIMEOUT', 'RESET', 'DOWN']);
  });

  it('is valid for its timeout from the last request that was answered, and kept so by pings', async () => {
    const beforeMs = nowMs();
    await session.sync('/', limitMs);
    expect(session.validUntilMs).toBeGreaterThanOrEqual(beforeMs + sessionMs);
    expect(session.validUntilMs).toBeLessThanOrEqual(nowMs() + sessionMs);
    await delay(2 * sessionMs);
    expect(session.validUntilMs).toBeGreaterThan(nowMs());
    expect(told).toEqual([]);
  });

  it('lapses before the servers end it, and is told that it has expired when they are back', async () => {
    const parent = fresh();
    await session.create(parent, 'persistent', limitMs);
    const { value } = await session.create(`${parent}/n-`, 'ephemeral-sequential', limitMs);
    relay.set({ requests: 'drop', replies: 'drop' });
    let lapsedMs = 0;
    let goneMs = 0;
    session.onEvent((event) => {
      if (event === 'lapsed') lapsedMs = nowMs();
    });
    await other.get(value!.path, () => (goneMs = nowMs()), limitMs);
    await until(() => goneMs > 0);
    expect(session.validUntilMs).toBeLessThan(goneMs);
    expect(lapsedMs).toBeGreaterThanOrEqual(session.validUntilMs);
    expect(session.state).toBe('disconnected');
    relay.set({ requests: 'pass', replies: 'pass' });
    relay.cut();
    await until(() => session.state === 'expired');
    expect(told.filter((event) => event !== 'disconnected')).toEqual(['lapsed', 'expired']);
    expect((await session.sync('/', limitMs)).failure).toMatchObject({ fate: 'not-executed', refusal: 'expired' });
  });

  it('can be ended by anybody who knows its number, and hears of it', async () => {
    expect(await own.servers.controls[0].call('EXPIRE', session.id)).toBe(1);
    await until(() => session.state === 'expired');
    expect(session.validUntilMs).toBeLessThanOrEqual(nowMs());
    expect(await own.servers.controls[0].call('EXPIRE', 'ffffffffffffffff')).toBe(0);
  });

  it('leaves a server that says nothing within two thirds of its timeout', async () => {
    relay.set({ replies: 'hold' });
    const startMs = nowMs();
    await until(() => told.includes('disconnected'));
    expect(nowMs() - startMs).toBeLessThan(sessionMs * 1.5);
    relay.set({ replies: 'pass' });
    await until(() => session.state !== 'disconnected');
  });

  it('is over at the servers when it is closed', async () => {
    const parent = fresh();
    await other.create(parent, 'persistent', limitMs);
    await session.create(`${parent}/n-`, 'ephemeral-sequential', limitMs);
    await session.close();
    expect(session.state).toBe('expired');
    await other.sync('/', limitMs);
    expect((await other.children(parent, limitMs)).value).toEqual([]);
  });
});
