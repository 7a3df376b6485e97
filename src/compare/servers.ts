/**
 * The servers of both sides. They share them where their topologies allow it: the same process, the same page cache, the same
 * neighbours. Masters of a quorum serve designs on fewer of them, too.
 */
import { LockbenchError, type Environment, type Topology } from '../contract/index.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Provisioned, ServerHost } from '../servers/provision.js';
import type { ComparePlan, Side } from './plan.js';

export interface SharedServers {
  readonly endpoints: Readonly<Record<Side, readonly NodeEndpoint[]>>;
  readonly servers: Environment['servers'];
  /** False where each side has servers of its own. */
  readonly shared: boolean;
  onIncident(listener: (text: string) => void): void;
  stop(): Promise<void>;
}

export function needsServers({ baseline, candidate }: ComparePlan): boolean {
  return baseline.topology.kind !== 'none' || candidate.topology.kind !== 'none';
}

export async function provisionBoth(host: ServerHost | null, plan: ComparePlan): Promise<SharedServers> {
  const [a, b] = [plan.baseline.topology, plan.candidate.topology];
  const common = commonTopology(a, b);
  if (common === null && host?.kind === 'external')
    throw new LockbenchError(
      'BAD_PLAN',
      `the baseline needs ${words(a)} and the candidate ${words(b)}: external servers cannot be both`,
      'Compare designs of one topology there, or leave --redis out.',
    );
  const started: Provisioned[] = [];
  const stop = async (): Promise<void> => void (await Promise.all(started.map((one) => one.stop())));
  try {
    for (const topology of common === null ? [a, b] : [common])
      if (host !== null && topology.kind !== 'none') started.push(await host.provision(topology));
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
  const independent = (one: Topology): boolean => one.kind === 'single' || one.kind === 'quorum';
  if (independent(a) && independent(b)) return count(a) >= count(b) ? a : b;
  return a.kind === b.kind && a.replicas === b.replicas ? a : null;
}

function count({ kind, nodes, replicas }: Topology): number {
  return kind === 'none' ? 0 : nodes + replicas;
}

function words({ kind, nodes, replicas }: Topology): string {
  if (replicas > 0) return `a primary with ${replicas} replicas${kind === 'sentinel' ? ' and sentinels' : ''}`;
  return nodes === 1 ? 'one master' : `${nodes} masters`;
}
