/** What a topology consists of, in the order in which endpoints are given and nodes are numbered. */
import { sentinelCount, type Topology } from '../contract/index.js';

export interface Role {
  /** "master 3", "primary", "replica 1", "sentinel 2", "node 2": as everything printed calls it. */
  readonly name: string;
  /** Those that decide about a lock are masters, nodes of a cluster among them. */
  readonly kind: 'master' | 'replica' | 'sentinel';
}

/** Those that keep data. */
export function rolesOf(topology: Topology): readonly Role[] {
  switch (topology.kind) {
    case 'none':
      return [];
    case 'single':
      return [primary];
    case 'quorum':
      return Array.from({ length: topology.nodes }, (_, i) => ({ name: `master ${i + 1}`, kind: 'master' }));
    case 'cluster':
      return Array.from({ length: topology.nodes }, (_, i) => ({ name: `node ${i + 1}`, kind: 'master' }));
    case 'replicated':
    case 'sentinel':
      return [primary, ...Array.from({ length: topology.replicas }, (_, i) => replica(i + 1))];
  }
}

/** Those that watch over them. */
export function sentinelRolesOf({ kind }: Topology): readonly Role[] {
  if (kind !== 'sentinel') return [];
  return Array.from({ length: sentinelCount }, (_, i) => ({ name: `sentinel ${i + 1}`, kind: 'sentinel' }));
}

const primary: Role = { name: 'primary', kind: 'master' };

function replica(number: number): Role {
  return { name: `replica ${number}`, kind: 'replica' };
}
