/** For tests on a real ZooKeeper: a private one, or the reason why there is none. */
import { Hosts, type HostsSettings, type Provisioned } from './provision.js';
import { runsOn } from './required.testing.js';
import { missingWords } from './no-zookeeper.js';
import { findZookeeper } from './zookeeper-jars.js';

const found = findZookeeper();
const missing = 'missing' in found ? missingWords[found.missing] : null;
export const { runs: runsZookeeper, skipped } = runsOn('zookeeper', missing);

export async function zookeeper(
  nodes: 1 | 3,
  settings: Partial<HostsSettings> = {},
): Promise<{ readonly servers: Provisioned; close(): Promise<void> }> {
  const hosts = new Hosts({
    kind: 'auto',
    image: '',
    persistence: 'none',
    external: [],
    addresses: {},
    keyPrefix: 'lockbench:test:',
    ...settings,
  });
  try {
    const servers = await (await hosts.of('zookeeper')).provision({ kind: 'cluster', nodes, replicas: 0 });
    return { servers, close: () => hosts.close() };
  } catch (error) {
    await hosts.close();
    throw error;
  }
}
