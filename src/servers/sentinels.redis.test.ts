import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { delay, nowMs } from '../base/clock.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Reply, Topology } from '../contract/index.js';
import { startRelay } from '../relay/relay.js';
import { ContainerHost } from './container-host.js';
import { openServers, type Provisioned, type ServerHost } from './provision.js';

const keyPrefix = 'lockbench:sentinels:';
const topology: Topology = { kind: 'sentinel', nodes: 1, replicas: 2 };
const settings = { kind: 'auto', image: '', persistence: 'none', external: [], keyPrefix } as const;
const patientMs = 20_000;

let host: ServerHost;
let servers: Provisioned;

beforeAll(async () => {
  host = await openServers(settings);
  servers = await host.provision(topology);
});
afterAll(() => host.close());

/** As most of them say. */
async function primaryPort(): Promise<number> {
  const { masterName } = servers.endpoints[0]!.sentinel!;
  const replies = await Promise.all(
    servers.sentinels.map((sentinel) => sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName)),
  );
  const ports = replies.map((reply) => Number((reply as readonly Reply[])[1]));
  return ports.find((port) => ports.filter((other) => other === port).length > 1) ?? NaN;
}

async function external(
  order: readonly number[],
  ways: Readonly<Record<number, NodeEndpoint>> = {},
): Promise<Provisioned> {
  const all = [...servers.controls, ...servers.sentinels].map(({ endpoint }) => endpoint);
  const opened = await openServers({ ...settings, external: order.map((at) => ways[at] ?? all[at]!) });
  return opened.provision(topology);
}

describe('sentinels', () => {
  test('watch over the servers, and know all of them and each other when they are there', async () => {
    expect(servers.servers.map(({ name }) => name)).toEqual(['primary', 'replica 1', 'replica 2']);
    expect(servers.sentinels.map(({ name }) => name)).toEqual(['sentinel 1', 'sentinel 2', 'sentinel 3']);
    const { masterName, places } = servers.endpoints[0]!.sentinel!;
    for (const sentinel of servers.sentinels)
      expect(await sentinel.call('SENTINEL', 'CKQUORUM', masterName)).toContain('OK 3 usable Sentinels');
    const known = Object.fromEntries(places.map((place) => [place.node, `${place.host}:${place.port}`]));
    expect(known).toEqual(
      Object.fromEntries(servers.endpoints.map(({ host: at, port }, node) => [node, `${at}:${port}`])),
    );
  });

  test('of somebody else are taken in the order of --redis, whatever way leads there, and left as they were', async () => {
    // As with mapped ports: the sentinels know this server by another address than we do.
    const relay = await startRelay(servers.endpoints[2]!);
    const theirs = await external([0, 1, 2, 3, 4, 5], { 2: relay.endpoint });
    expect(theirs.endpoints[0]!.sentinel).toMatchObject({
      masterName: servers.endpoints[0]!.sentinel!.masterName,
      places: expect.arrayContaining([{ host: '127.0.0.1', port: servers.endpoints[2]!.port, node: 2 }]),
    });
    expect(theirs.endpoints[2]).toEqual(relay.endpoint);
    await theirs.stop();
    await relay.close();
    expect(await primaryPort()).toBe(servers.endpoints[0]!.port);
  });

  test('are refused where they are too few, somebody else, or named twice', async () => {
    await expect(external([0, 1, 2, 3, 4])).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await expect(external([0, 1, 3, 2, 4, 5])).rejects.toMatchObject({ code: 'WRONG_ROLE' });
    await expect(external([0, 1, 2, 3, 4, 4])).rejects.toMatchObject({ code: 'WRONG_ROLE' });
    await expect(new ContainerHost(settings).provision(topology)).rejects.toThrow('not started with sentinels');
  });

  test('promote a replica when the primary is gone, and our keys are looked for there', async () => {
    const heard: string[] = [];
    const stopListening = servers.onIncident((text) => heard.push(text));
    await servers.controls[0]!.call('SET', `${keyPrefix}a`, '1');
    await servers.controls[0]!.call('WAIT', 2, 1_000);
    await servers.controls[0]!.kill();
    const limitMs = nowMs() + patientMs;
    while ((await primaryPort()) === servers.endpoints[0]!.port && nowMs() < limitMs) await delay(20);
    const ports = servers.endpoints.slice(1).map(({ port }) => port);
    expect(ports).toContain(await primaryPort());
    expect(await servers.keysLeft()).toEqual([`${keyPrefix}a`]);
    await servers.removeKeys();
    expect(await servers.keysLeft()).toEqual([]);
    stopListening();
    expect(heard).toEqual([]);
  });

  test('are gone with their servers', async () => {
    const pids = [...servers.controls.slice(1), ...servers.sentinels].map(({ pid }) => pid!);
    await servers.stop();
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });
});
