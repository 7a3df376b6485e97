/**
 * The ways between workers and servers: direct ones, unless faults or a standing latency need relays in them. Then every
 * worker has a relay of its own to every server, so that one client can be cut off and another not; and every replica
 * follows the primary through one.
 */
import type { FaultLink, FaultNeeds, Plan, StrategyPlan } from '../contract/index.js';
import { delay, nowMs } from '../base/clock.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import { openRelayThread, type RelayLink, type RelayThread, type Route } from '../relay/thread.js';
import type { Provisioned } from '../servers/provision.js';

export interface Wiring {
  endpointsOf(worker: number): readonly NodeEndpoint[];
  /** Null where the way is direct. */
  link(worker: number, server: number): FaultLink | null;
  /** Between a replica and its primary; null where the way is direct. */
  replicationLink(replica: number): FaultLink | null;
  /** New connections to the primary go to this server, old ones end. */
  movePrimary(server: number): Promise<void>;
  close(): Promise<void>;
}

const linkUpLimitMs = 5000;
const waitMs = 100;
const lookMs = 5;

export async function openWiring(
  plan: Plan,
  { topology }: StrategyPlan,
  servers: Provisioned,
  needs: readonly FaultNeeds[],
): Promise<Wiring> {
  const { endpoints } = servers;
  const replicated = topology.kind === 'replicated' && needs.some((need) => need.replicationRelay === true);
  const between = plan.latencyMs.length > 0 || needs.some((need) => need.relay === true);
  if (endpoints.length === 0 || (!between && !replicated)) return direct(endpoints);
  const thread = await openRelayThread();
  try {
    const links: (readonly RelayLink[])[] = [];
    for (let worker = 0; worker < plan.workers; worker += 1)
      links.push(await thread.open(routesOf(worker, servers, plan.latencyMs), plan.seed));
    const replication = replicated ? await followThroughRelays(thread, servers, plan.seed) : [];
    return relayed(thread, links, replication, endpoints);
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
  replication: readonly RelayLink[],
  endpoints: readonly NodeEndpoint[],
): Wiring {
  return {
    endpointsOf: (worker) => links[worker].map(({ endpoint }) => endpoint),
    link: (worker, server) => links[worker][server],
    replicationLink: (replica) => replication[replica - 1] ?? null,
    movePrimary: async (server) => {
      await Promise.all(links.map(([primary]) => primary.moveTo(endpoints[server])));
    },
    close: () => thread.close(),
  };
}

function routesOf(worker: number, { endpoints, servers }: Provisioned, latencyMs: Plan['latencyMs']): Route[] {
  return endpoints.map((upstream, server) => ({
    name: `worker ${worker} to ${servers[server].name}`,
    upstream,
    initial: { delayMs: standingMs(latencyMs, server) / 2 },
  }));
}

/** Resolves when every replica is in step with the primary again, through its relay. */
async function followThroughRelays(
  thread: RelayThread,
  { endpoints, servers, controls }: Provisioned,
  seed: number,
): Promise<readonly RelayLink[]> {
  const replicas = controls.slice(1);
  const routes = replicas.map((_, i) => ({ name: `${servers[i + 1].name} to its primary`, upstream: endpoints[0] }));
  const links = await thread.open(routes, seed);
  await Promise.all(
    replicas.map(async (replica, i) => {
      const { host, port } = links[i].endpoint;
      await replica.call('REPLICAOF', host, port);
    }),
  );
  const untilMs = nowMs() + linkUpLimitMs;
  while (Number(await controls[0].call('WAIT', replicas.length, waitMs)) < replicas.length) {
    if (nowMs() > untilMs) throw new Error('the replicas did not follow the primary through relays');
    await delay(lookMs);
  }
  return links;
}
