import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nowMs } from '../base/clock.js';
import type { RedisNode } from '../contract/index.js';
import { compareAndDelete, compareAndExpire, evalSha } from '../kit/scripts.js';
import { startRelay, type Relay } from '../relay/relay.js';
import { openNodes } from './open.js';
import type { ClientSettings, NodeSet } from './open.js';
import { ask, askGroup, askWithin, callsOf, clients, incarnationOf, patientMs, settings } from './testing.js';
import { startServer, tell, until } from './testing.js';
import type { TestServer } from './testing.js';

/** "At once", as against a timeout of `patientMs`. */
const atOnceMs = 1_000;

describe.each(clients)('when a node fails, %s', (client) => {
  let server: TestServer;
  let relay: Relay;
  let sets: NodeSet[] = [];

  const open = async (overrides: Partial<ClientSettings> = {}, endpoint = server.endpoint): Promise<RedisNode> => {
    const set = await openNodes(client, [endpoint], { ...settings, ...overrides });
    sets.push(set);
    return set.nodes[0]!;
  };

  beforeEach(async () => {
    server = await startServer();
    relay = await startRelay(server.endpoint);
  });
  afterEach(async () => {
    for (const set of sets) await set.close();
    sets = [];
    await relay.close();
    await server.stop();
  });

  test('times out on a stopped server, swallows the late replies, and is settled when they are in', async () => {
    const { shared: lane } = await open();
    await server.freeze();
    const answers = await Promise.all([1, 2, 3].map((n) => askWithin(lane, 20 * n, { name: 'INCR', args: ['n'] }, n)));
    expect(answers.map(({ tag }) => tag)).toEqual([1, 2, 3]);
    for (const { failure } of answers) expect(failure).toMatchObject({ code: 'TIMEOUT', fate: 'maybe-executed' });
    expect(lane.up).toBe(true);

    let settled = false;
    const settling = lane.settled().then(() => (settled = true));
    await askWithin(lane, 20, { name: 'PING', args: [] });
    expect(settled).toBe(false);
    server.thaw();
    await settling;
    expect(await tell(lane, 'GET', 'n')).toBe('3');
    expect(lane.incarnation).toBe(1);
    await lane.settled();
  });

  test('orders deadlines by their own timeouts, not by the order of sending', async () => {
    const { shared: lane } = await open();
    await server.freeze();
    const order: number[] = [];
    const within = async (timeoutMs: number): Promise<void> => {
      await askWithin(lane, timeoutMs, { name: 'PING', args: [] });
      order.push(timeoutMs);
    };
    await Promise.all([within(150), within(30), within(90)]);
    expect(order).toEqual([30, 90, 150]);
    server.thaw();
  });

  test('answers commands in flight with RESET when the server is killed, and later ones with DOWN at once', async () => {
    const { shared: lane } = await open();
    await server.freeze();
    const inFlight = [ask(lane, 'SET', 'k', 'v'), askGroup(lane, patientMs, [{ name: 'SET', args: ['k', 'w'] }])];
    const late = await askWithin(lane, 20, { name: 'PING', args: [] });
    expect(late.failure?.code).toBe('TIMEOUT');
    await server.crash();
    for (const { failure } of await Promise.all(inFlight)) {
      expect(failure).toMatchObject({ code: 'RESET', fate: 'maybe-executed' });
    }
    await lane.settled();
    expect(lane.up).toBe(false);
    const startMs = nowMs();
    const later = await Promise.all([
      ask(lane, 'SET', 'k', 'v'),
      askGroup(lane, patientMs, [{ name: 'PING', args: [] }]),
    ]);
    expect(nowMs() - startMs).toBeLessThan(atOnceMs);
    for (const { failure } of later) expect(failure).toMatchObject({ code: 'DOWN', fate: 'not-executed' });
  });

  test('does not answer DOWN before send returns', async () => {
    const { shared: lane } = await open();
    await server.crash();
    await until(() => !lane.up);
    await new Promise<void>((resolve) => {
      let returned = false;
      lane.send({ name: 'PING', args: [] }, patientMs, 0, () => {
        expect(returned).toBe(true);
        resolve();
      });
      returned = true;
    });
  });

  test('calls what was not written yet not executed', async () => {
    const node = await open();
    const watch = await open();
    const answer = ask(node.shared, 'DEL', 'k');
    await sets[0]!.close();
    expect((await answer).failure).toMatchObject({ code: 'DOWN', fate: 'not-executed' });
    expect(await callsOf(watch.shared, 'del')).toBe(0);
  });

  test('comes back by itself as a new incarnation, scripts loaded before it counts as up', async () => {
    const scripts = [compareAndDelete, compareAndExpire];
    const node = await open({ scripts });
    const told: [number, boolean][] = [];
    const first: Promise<unknown>[] = [];
    const stopListening = node.onIncarnation((incarnation, up) => {
      told.push([incarnation, up]);
      if (up) first.push(askWithin(node.shared, patientMs, evalSha(compareAndDelete, 'k', 'token')));
    });
    await server.crash();
    await until(() => told.length === 1);
    await server.restart();
    await incarnationOf(node, 2);
    expect(told).toEqual([
      [1, false],
      [2, true],
    ]);
    expect(await first[0]).toMatchObject({ failure: null, reply: 0 });
    expect(await tell(node.shared, 'SCRIPT', 'EXISTS', ...scripts.map(({ sha }) => sha))).toEqual([1, 1]);
    stopListening();
    await server.crash();
    await until(() => !node.shared.up);
    expect(told).toHaveLength(2);
  });

  test('never sends anything twice: a DEL whose reply was lost is executed once', async () => {
    const node = await open({}, relay.endpoint);
    const direct = await open();
    relay.set({ replies: 'drop' });
    const lost = Array.from({ length: 3 }, () => ask(node.shared, 'DEL', 'k'));
    await until(async () => (await callsOf(direct.shared, 'del')) === 3);
    relay.cut();
    for (const { failure } of await Promise.all(lost)) {
      expect(failure).toMatchObject({ code: 'RESET', fate: 'maybe-executed' });
    }
    relay.set({ replies: 'pass' });
    await incarnationOf(node, 2);
    expect(await tell(node.shared, 'PING')).toBe('PONG');
    expect(await callsOf(direct.shared, 'del')).toBe(3);
  });

  test('connects again and again, and answers each command once, when connections are cut under load', async () => {
    const node = await open({}, relay.endpoint);
    const answered = new Map<number, number>();
    const codes = new Set<string>();
    let sent = 0;
    for (let round = 1; round <= 5; round += 1) {
      await incarnationOf(node, round);
      for (let i = 0; i < 50; i += 1) {
        node.shared.send({ name: 'INCR', args: ['n'] }, patientMs, sent, (tag, failure) => {
          answered.set(tag, (answered.get(tag) ?? 0) + 1);
          codes.add(failure?.code ?? 'OK');
        });
        sent += 1;
        if (i % 10 === 9) await tellOrNot(node);
        if (i === 34) relay.cut();
      }
    }
    await until(() => answered.size === sent);
    expect([...answered.values()].every((n) => n === 1)).toBe(true);
    expect([...codes].every((code) => ['OK', 'RESET', 'DOWN'].includes(code))).toBe(true);
  });

  test('does not hang on connecting to a stopped server, and joins when it goes on', async () => {
    await server.freeze();
    const startMs = nowMs();
    const node = await open({ connectTimeoutMs: 100, readyWaitMs: 300, scripts: [compareAndDelete] });
    expect(nowMs() - startMs).toBeLessThan(patientMs / 2);
    expect(node.shared.up).toBe(false);
    expect(node.shared.incarnation).toBe(0);
    expect((await ask(node.shared, 'PING')).failure).toMatchObject({ code: 'DOWN', fate: 'not-executed' });
    server.thaw();
    await incarnationOf(node, 1);
    expect(await tell(node.shared, 'PING')).toBe('PONG');
  });

  test('opens without a node whose port is closed, and answers for it at once', async () => {
    const gone = await startRelay(server.endpoint);
    await gone.close();
    const set = await openNodes(client, [server.endpoint, gone.endpoint], { ...settings, readyWaitMs: 200 });
    sets.push(set);
    const [good, bad] = set.nodes;
    await incarnationOf(good!, 1);
    expect(bad!.shared.up).toBe(false);
    const startMs = nowMs();
    const { failure } = await ask(bad!.shared, 'PING');
    expect(nowMs() - startMs).toBeLessThan(atOnceMs);
    expect(failure).toMatchObject({ code: 'DOWN', fate: 'not-executed' });
    expect(failure?.message).toContain('ECONNREFUSED');
  });

  test('closes promptly while the server stands still, answering what is in flight', async () => {
    const { shared: lane } = await open();
    await server.freeze();
    const answer = ask(lane, 'SET', 'k', 'v');
    await askWithin(lane, 10, { name: 'PING', args: [] });
    const startMs = nowMs();
    await sets[0]!.close();
    expect((await answer).failure).toMatchObject({ code: 'RESET', fate: 'maybe-executed' });
    await lane.settled();
    expect(nowMs() - startMs).toBeLessThan(atOnceMs);
    expect((await ask(lane, 'PING')).failure?.code).toBe('DOWN');
  });
});

async function tellOrNot(node: RedisNode): Promise<void> {
  await ask(node.shared, 'PING');
}
