/** The way to a ZooKeeper: a given one, private processes, or containers, in this order unless told otherwise. */
import { dockerEngine } from './docker-engine.js';
import { GivenHost } from './given-host.js';
import type { ServerHost } from './host.js';
import type { HostsSettings } from './hosts.js';
import { missingWords, noZookeeper } from './no-zookeeper.js';
import { PrivateHost } from './private-host.js';
import { handOver } from './server-user.js';
import { verifyZookeeper } from './verify-zookeeper.js';
import { ZookeeperContainers } from './zookeeper-containers.js';
import { zookeeperDialect } from './zookeeper-dialect.js';
import { findZookeeper, reachableJars } from './zookeeper-jars.js';
import { membershipsOf, zookeeperProgram } from './zookeeper-process.js';
import { allServe } from './zookeeper-ready.js';
import { durabilityIn } from './zookeeper-settings.js';

/** Starts no server yet. Rejects with NO_SERVER where none is to be had. */
export async function openZookeeperServers(settings: HostsSettings): Promise<ServerHost> {
  const { kind, keyPrefix, persistence } = settings;
  const endpoints = settings.addresses.zookeeper ?? [];
  if (endpoints.length > 0)
    return new GivenHost({
      option: '--zookeeper',
      dialect: zookeeperDialect('unknown'),
      endpoints,
      keyPrefix,
      verify: (fleet) => verifyZookeeper(fleet, keyPrefix),
    });
  const jars = kind === 'container' ? null : findZookeeper();
  if (jars !== null && !('missing' in jars)) {
    const dialect = zookeeperDialect(durabilityIn(persistence));
    return new PrivateHost(
      {
        dialect,
        async programs(roles, runFolder) {
          const reachable = await reachableJars(jars, handOver(runFolder), runFolder);
          return membershipsOf(roles.length).map((member) => zookeeperProgram(reachable, persistence, member));
        },
        settle: allServe,
      },
      { persistence, keyPrefix },
    );
  }
  const missing = jars === null ? '' : missingWords[jars.missing];
  if (kind === 'process') throw noZookeeper(`--servers process, but ${missing}`);
  const engine = await dockerEngine();
  if (engine.available) return new ZookeeperContainers({ persistence, keyPrefix });
  throw noZookeeper(missing === '' ? engine.reason : `${missing}, and ${engine.reason}`);
}
