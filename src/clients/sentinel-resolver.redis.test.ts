/** On a real primary with replicas and sentinels. A failover takes seconds, so both clients see the same one. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noCancel } from '../base/cancel.js';
import { delay } from '../base/clock.js';
import { openServers, type Provisioned, type ServerHost } from '../servers/provision.js';
import type { NodeEndpoint } from './endpoint.js';
import { openNodes, type NodeSet } from './open.js';
import { ask, clients, incarnationOf, settings, tell, until } from './testing.js';

/** Several times as long as the sentinels take to be asked again. */
const shortlyMs = 500;

let host: ServerHost;
let servers: Provisioned;
let sets: readonly NodeSet[] = [];

beforeAll(async () => {
  host = await openServers({ kind: 'auto', image: '', persistence: 'none', external: [], keyPrefix: 'test:' });
  servers = await host.provision({ kind: 'sentinel', nodes: 1, replicas: 2 });
  sets = await Promise.all(clients.map((client) => openNodes(client, servers.endpoints, settings)));
});
afterAll(async () => {
  await Promise.all(sets.map((set) => set.close()));
  await host.close();
});

test('the first node is the primary, and asking for it costs the lock nothing', async () => {
  for (const { nodes, meter } of sets) {
    expect(await tell(nodes[0]!.shared, 'ROLE')).toMatchObject({ 0: 'master' });
    await delay(shortlyMs);
    expect(meter.commands).toBe(1);
  }
});

test('who is no master is not taken for one, whatever the sentinels say', async () => {
  const [primary, ...replicas] = servers.endpoints as readonly [NodeEndpoint, ...NodeEndpoint[]];
  const { places, ...role } = primary.sentinel!;
  const wrong = { ...primary, sentinel: { ...role, places: places.map((place) => ({ ...place, node: 1 })) } };
  const set = await openNodes('ioredis', [wrong, ...replicas], { ...settings, readyWaitMs: shortlyMs });
  expect(set.nodes.map(({ shared }) => shared.up)).toEqual([false, true, true]);
  expect(await ask(set.nodes[0]!.shared, 'PING')).toMatchObject({ failure: { code: 'DOWN', fate: 'not-executed' } });
  await set.close();
});

test('while no sentinel can be asked the node stays where it is', async () => {
  await Promise.all(servers.sentinels.map((sentinel) => sentinel.freeze()));
  await delay(shortlyMs);
  for (const { nodes } of sets) expect(await tell(nodes[0]!.shared, 'PING')).toBe('PONG');
  expect(sets.map(({ nodes }) => nodes[0]!.shared.incarnation)).toEqual(clients.map(() => 1));
  await Promise.all(servers.sentinels.map((sentinel) => sentinel.thaw()));
});

test('the node moves to who is promoted: a new incarnation, on lent connections and for subscribers, too', async () => {
  const heard: string[][] = sets.map(() => []);
  sets.forEach(({ nodes }, i) => {
    nodes[0]!.subscribe(
      'news',
      (payload) => heard[i]!.push(payload),
      (state) => heard[i]!.push(state),
    );
  });
  await until(() => heard.every((words) => words.includes('live')));
  // Stopped and not dead: what ends the old connections is that the role has moved, not the end of a process.
  await servers.controls[0]!.freeze();
  const [under] = sets.map(({ nodes }) => ask(nodes[0]!.shared, 'SET', 'a', '1'));
  await Promise.all(sets.map(({ nodes }) => incarnationOf(nodes[0]!, 2)));
  expect(await under).toMatchObject({ failure: { code: 'RESET', fate: 'maybe-executed' } });

  for (const { nodes } of sets) {
    expect(await tell(nodes[0]!.shared, 'ROLE')).toMatchObject({ 0: 'master' });
    const { lane, giveBack } = await nodes[0]!.borrow(noCancel);
    expect(await tell(lane, 'SET', 'b', '1')).toBe('OK');
    giveBack();
  }
  await until(() => heard.every((words) => words.filter((word) => word === 'live').length === 2));
  await tell(sets[0]!.nodes[0]!.shared, 'PUBLISH', 'news', 'moved');
  await until(() => heard.every((words) => words.includes('moved')));
  expect(heard).toEqual(sets.map(() => ['live', 'gap', 'live', 'moved']));
});
