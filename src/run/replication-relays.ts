/**
 * Relays within a topology: between replicas and their primary, one each, so that one can lag and another not. Where
 * sentinels watch there is one for all of them, for they and the replicas must know the primary by the same address:
 * a replica that follows another is sent to theirs (sentinelRefreshInstanceInfo in sentinel.c).
 */
import { delay, nowMs } from '../base/clock.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Endpoint } from '../contract/index.js';
import type { RelayLink, RelayThread } from '../relay/thread.js';
import { watchThrough, type Provisioned } from '../servers/provision.js';

export interface ReplicationRelays {
  /** In the order of the replicas; of one that serves all, as often as there are replicas. */
  readonly links: readonly RelayLink[];
  /** Of the servers, as those who are told by sentinels must know them now. */
  readonly endpoints: readonly NodeEndpoint[];
}

const linkUpLimitMs = 5000;
const waitMs = 100;
const lookMs = 5;

/** Resolves when every replica is in step with the primary again, and every sentinel has found all others. */
export async function relayReplication(
  thread: RelayThread,
  servers: Provisioned,
  seed: number,
): Promise<ReplicationRelays> {
  const { endpoints } = servers;
  const role = endpoints[0].sentinel;
  if (role === undefined) return { links: await eachThroughItsOwn(thread, servers, seed), endpoints };

  const route = { name: 'replicas and sentinels to the primary', upstream: endpoints[0] };
  const [link] = await thread.open([route], seed);
  const { host, port } = link.endpoint;
  const replicas = servers.controls.slice(1);
  await follow(
    servers,
    replicas.map(() => link.endpoint),
  );
  await watchThrough(servers.sentinels, role.masterName, { host, port, tls: false }, replicas.length);
  const sentinel = { ...role, places: [...role.places, { host, port, node: 0 }] };
  return { links: replicas.map(() => link), endpoints: [{ ...endpoints[0], sentinel }, ...endpoints.slice(1)] };
}

async function eachThroughItsOwn(
  thread: RelayThread,
  servers: Provisioned,
  seed: number,
): Promise<readonly RelayLink[]> {
  const upstream = servers.endpoints[0];
  const replicas = servers.servers.slice(1, servers.controls.length);
  const links = await thread.open(
    replicas.map(({ name }) => ({ name: `${name} to its primary`, upstream })),
    seed,
  );
  await follow(
    servers,
    links.map(({ endpoint }) => endpoint),
  );
  return links;
}

async function follow({ controls }: Provisioned, leaders: readonly Endpoint[]): Promise<void> {
  const [primary, ...replicas] = controls;
  await Promise.all(replicas.map((replica, i) => replica.call('REPLICAOF', leaders[i].host, leaders[i].port)));
  const untilMs = nowMs() + linkUpLimitMs;
  while (Number(await primary.call('WAIT', replicas.length, waitMs)) < replicas.length) {
    if (nowMs() > untilMs) throw new Error('the replicas did not follow the primary through relays');
    await delay(lookMs);
  }
}
