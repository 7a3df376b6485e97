/** The way to a cluster of etcd: a given one, private processes, or containers, in this order unless told otherwise. */
import { dockerEngine } from './docker-engine.js';
import { canSkipFsync, etcdVersion, findEtcd, type EtcdBinary } from './etcd-binary.js';
import { EtcdContainers } from './etcd-containers.js';
import { etcdDialect, synced, unsynced } from './etcd-dialect.js';
import { awaitLeader } from './etcd-leader.js';
import { etcdPrograms } from './etcd-process.js';
import { GivenHost } from './given-host.js';
import type { ServerHost } from './host.js';
import type { HostsSettings } from './hosts.js';
import { noEtcd } from './no-etcd.js';
import { PrivateHost } from './private-host.js';
import { handOver, reachableBinary } from './server-user.js';
import { verifyEtcd } from './verify-etcd.js';

/** Starts no server yet. Rejects with NO_SERVER where none is to be had. */
export async function openEtcdServers(settings: HostsSettings): Promise<ServerHost> {
  const { kind, keyPrefix, persistence } = settings;
  const endpoints = settings.addresses.etcd ?? [];
  if (endpoints.length > 0)
    return new GivenHost({
      option: '--etcd',
      dialect: etcdDialect(`${synced}, as far as is known`),
      endpoints,
      keyPrefix,
      verify: (fleet) => verifyEtcd(fleet, keyPrefix),
    });
  const binary = kind === 'container' ? null : findEtcd();
  if (binary !== null) return privateHost(binary, persistence === 'none', settings);
  if (kind === 'process') throw noEtcd('--servers process, but no etcd was found');
  const engine = await dockerEngine();
  if (engine.available) return new EtcdContainers({ persistence, keyPrefix });
  const tried = kind === 'container' ? '' : 'no etcd on PATH or in the cache folder, and ';
  throw noEtcd(`${tried}${engine.reason}`);
}

/** Without persistence as little is waited for as the program allows: it always writes its log. */
function privateHost(binary: EtcdBinary, asked: boolean, settings: HostsSettings): ServerHost {
  const withoutFsync = asked && canSkipFsync(etcdVersion(binary));
  return new PrivateHost(
    {
      dialect: etcdDialect(withoutFsync ? unsynced : synced),
      async programs(roles, runFolder) {
        const reachable = await reachableBinary(binary, handOver(runFolder), runFolder);
        return etcdPrograms(reachable, roles, withoutFsync);
      },
      settle: awaitLeader,
    },
    settings,
  );
}
