/** For tests on a real etcd: a private cluster, or the reason why there is none. */
import { findEtcd } from './etcd-binary.js';
import { privateServers, type PrivateServers } from './private.testing.js';
import type { HostsSettings } from './provision.js';
import { runsOn } from './required.testing.js';

const missing = findEtcd() === null ? 'no etcd on PATH, in BENCH_ETCD or in the cache folder' : null;
export const { runs: runsEtcd, skipped } = runsOn('etcd', missing);

export { keyPrefix } from './private.testing.js';

export function etcd(nodes: number, settings: Partial<HostsSettings> = {}): Promise<PrivateServers> {
  return privateServers('etcd', { kind: 'cluster', nodes, replicas: 0 }, settings);
}
