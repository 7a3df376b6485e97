/**
 * The ways between workers and servers: direct ones, unless faults or a standing latency need relays in them. Then every
 * worker has a relay of its own to every server and every sentinel, so that one client can be cut off and another not; and
 * every replica follows the primary through one.
 */
import type { FaultLink, FaultNeeds, Plan, StrategyPlan } from '../contract/index.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import { openRelayThread, type RelayLink, type RelayThread, type Route } from '../relay/thread.js';
import type { Provisioned } from '../servers/provision.js';
import { relayReplication, type ReplicationRelays } from './replication-relays.js';

export interface Wiring {
  endpointsOf(worker: number): readonly NodeEndpoint[];
  /** Null where the way is direct. Sentinels are counted on behind the servers. */
  link(worker: number, server: number): FaultLink | null;
  /** Between a replica and its primary, where sentinels watch that of all of them; null where the way is direct. */
  replicationLink(replica: number): FaultLink | null;
  /** New connections to the primary go to this server, old ones end. */
  movePrimary(server: number): Promise<void>;
  close(): Promise<void>;
}

export async function openWiring(
  plan: Plan,
  { topology }: StrategyPlan,
  servers: Provisioned,
  needs: readonly FaultNeeds[],
): Promise<Wiring> {
  const { endpoints } = servers;
  const replicated = topology.replicas > 0 && needs.some((need) => need.replicationRelay === true);
  const between = plan.latencyMs.length > 0 || needs.some((need) => need.relay === true);
  if (endpoints.length === 0 || (!between && !replicated)) return direct(endpoints);
  const thread = await openRelayThread();
  try {
    const links: (readonly RelayLink[])[] = [];
    for (let worker = 0; worker < plan.workers; worker += 1)
      links.push(await thread.open(routesOf(worker, servers, plan.latencyMs), plan.seed));
    const inside = replicated ? await relayReplication(thread, servers, plan.seed) : { links: [], endpoints };
    return relayed(thread, links, inside);
  } catch (error) {
    await thread.close();
    throw error;
  }
}

/** What stands on the wire to a server at all times; the last that is named holds for those beyond. */
function standingMs(latencyMs: Plan['latencyMs'], server: number): number {
  return latencyMs[Math.min(server, latencyMs.length - 1)] ?? 0;
}

function direct(endpoints: readonly NodeEndpoint[]): Wiring {
  return {
    endpointsOf: () => endpoints,
    link: () => null,
    replicationLink: () => null,
    movePrimary: () => Promise.reject(new Error('the ways to the servers are direct')),
    close: () => Promise.resolve(),
  };
}

function relayed(
  thread: RelayThread,
  links: readonly (readonly RelayLink[])[],
  { links: replication, endpoints }: ReplicationRelays,
): Wiring {
  return {
    endpointsOf: (worker) => throughRelays(endpoints, links[worker]),
    link: (worker, server) => links[worker][server],
    replicationLink: (replica) => replication[replica - 1] ?? null,
    movePrimary: async (server) => {
      await Promise.all(links.map(([primary]) => primary.moveTo(endpoints[server])));
    },
    close: () => thread.close(),
  };
}

/** The primary is asked for through relays, too, where it moves. */
function throughRelays(endpoints: readonly NodeEndpoint[], links: readonly RelayLink[]): readonly NodeEndpoint[] {
  const sentinels = links.slice(endpoints.length).map(({ endpoint }) => endpoint);
  return endpoints.map(({ sentinel }, server) => {
    const { endpoint } = links[server];
    return sentinel === undefined ? endpoint : { ...endpoint, sentinel: { ...sentinel, sentinels } };
  });
}

function routesOf(worker: number, servers: Provisioned, latencyMs: Plan['latencyMs']): Route[] {
  return [...servers.controls, ...servers.sentinels].map(({ name, endpoint }, server) => ({
    name: `worker ${worker} to ${name}`,
    upstream: endpoint,
    // Whether news of the primary are late is not what a standing latency is about.
    initial: { delayMs: server < servers.controls.length ? standingMs(latencyMs, server) / 2 : 0 },
  }));
}
