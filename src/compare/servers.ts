/**
 * The servers of both sides. They share them where their topologies allow it: the same process, the same page cache, the same
 * neighbours. Masters of a quorum serve designs on fewer of them, too.
 */
import { LockbenchError, type Environment, type Topology } from '../contract/index.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import { serversOf, type Hosts, type Provisioned } from '../servers/provision.js';
import { sides, type ComparePlan, type Side } from './plan.js';

export interface SharedServers {
  readonly endpoints: Readonly<Record<Side, readonly NodeEndpoint[]>>;
  readonly servers: Environment['servers'];
  /** False where each side has servers of its own. */
  readonly shared: boolean;
  onIncident(listener: (text: string) => void): void;
  stop(): Promise<void>;
}

export async function provisionBoth(hosts: Hosts, plan: ComparePlan): Promise<SharedServers> {
  const [a, b] = [plan.baseline.topology, plan.candidate.topology];
  const alike = serversOf(plan.baseline.engine) === serversOf(plan.candidate.engine);
  const common = alike || a.kind === 'none' || b.kind === 'none' ? commonTopology(a, b) : null;
  if (common === null && alike && (await hosts.of(plan.baseline.engine)).kind === 'external')
    throw new LockbenchError(
      'BAD_PLAN',
      `the baseline needs ${words(a)} and the candidate ${words(b)}: external servers cannot be both`,
      'Compare designs of one topology there, or leave --redis out.',
    );
  const started: Provisioned[] = [];
  const stop = async (): Promise<void> => void (await Promise.all(started.map((one) => one.stop())));
  const theOne = a.kind === 'none' ? 'candidate' : 'baseline';
  const wanted = (common === null ? sides : ([theOne] as const)).map((side) => ({
    engine: plan[side].engine,
    topology: common ?? plan[side].topology,
  }));
  try {
    for (const { engine, topology } of wanted)
      if (topology.kind !== 'none') started.push(await (await hosts.of(engine)).provision(topology));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    endpoints: {
      baseline: started[0]?.endpoints.slice(0, count(a)) ?? [],
      candidate: started.at(-1)?.endpoints.slice(0, count(b)) ?? [],
    },
    servers: started.flatMap(({ servers }) => servers),
    shared: common !== null,
    onIncident: (listener) => started.forEach((one) => one.onIncident(listener)),
    stop,
  };
}

/** One that serves both; null where there is none. */
export function commonTopology(a: Topology, b: Topology): Topology | null {
  if (a.kind === 'none') return b;
  if (b.kind === 'none') return a;
  if (a.kind === 'cluster' || b.kind === 'cluster') return a.kind === b.kind && a.nodes === b.nodes ? a : null;
  const independent = (one: Topology): boolean => one.kind === 'single' || one.kind === 'quorum';
  if (independent(a) && independent(b)) return count(a) >= count(b) ? a : b;
  return a.kind === b.kind && a.replicas === b.replicas ? a : null;
}

function count({ kind, nodes, replicas }: Topology): number {
  return kind === 'none' ? 0 : nodes + replicas;
}

function words({ kind, nodes, replicas }: Topology): string {
  if (kind === 'cluster') return `a cluster of ${nodes}`;
  if (replicas > 0) return `a primary with ${replicas} replicas${kind === 'sentinel' ? ' and sentinels' : ''}`;
  return nodes === 1 ? 'one master' : `${nodes} masters`;
}
