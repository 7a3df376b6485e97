/** For tests on a real ZooKeeper: a private one, or the reason why there is none. */
import { privateServers, type PrivateServers } from './private.testing.js';
import type { HostsSettings } from './provision.js';
import { runsOn } from './required.testing.js';
import { missingWords } from './no-zookeeper.js';
import { findZookeeper } from './zookeeper-jars.js';

const found = findZookeeper();
const missing = 'missing' in found ? missingWords[found.missing] : null;
export const { runs: runsZookeeper, skipped } = runsOn('zookeeper', missing);

export function zookeeper(nodes: 1 | 3, settings: Partial<HostsSettings> = {}): Promise<PrivateServers> {
  return privateServers('zookeeper', { kind: 'cluster', nodes, replicas: 0 }, settings);
}
