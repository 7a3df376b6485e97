/** For tests on a real etcd: a private cluster, or the reason why there is none. */
import { findEtcd } from './etcd-binary.js';
import { Hosts, type HostsSettings, type Provisioned } from './provision.js';
import { runsOn } from './required.testing.js';

const missing = findEtcd() === null ? 'no etcd on PATH, in BENCH_ETCD or in the cache folder' : null;
export const { runs: runsEtcd, skipped } = runsOn('etcd', missing);

export const keyPrefix = 'lockbench:test:';

export async function etcd(
  nodes: number,
  settings: Partial<HostsSettings> = {},
): Promise<{ readonly servers: Provisioned; close(): Promise<void> }> {
  const common = { image: '', external: [], addresses: {}, keyPrefix };
  const hosts = new Hosts({ kind: 'auto', persistence: 'none', ...common, ...settings });
  try {
    const servers = await (await hosts.of('etcd')).provision({ kind: 'cluster', nodes, replicas: 0 });
    return { servers, close: () => hosts.close() };
  } catch (error) {
    await hosts.close();
    throw error;
  }
}
