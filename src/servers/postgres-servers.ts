/** The way to a PostgreSQL: a given one, a private process, or a container, in this order unless told otherwise. */
import { dockerEngine } from './docker-engine.js';
import { GivenHost } from './given-host.js';
import type { ServerHost } from './host.js';
import type { HostsSettings } from './hosts.js';
import { noPostgres } from './no-postgres.js';
import { findPostgres, reachablePostgres } from './postgres-binary.js';
import { PostgresContainers } from './postgres-containers.js';
import { postgresDialect } from './postgres-dialect.js';
import { postgresProgram } from './postgres-process.js';
import { PrivateHost } from './private-host.js';
import { handOver } from './server-user.js';

/** Starts no server yet. Rejects with NO_SERVER where none is to be had. */
export async function openPostgresServers(settings: HostsSettings): Promise<ServerHost> {
  const { kind, keyPrefix, persistence } = settings;
  const endpoints = settings.addresses.postgres ?? [];
  if (endpoints.length > 0)
    return new GivenHost({ option: '--postgres', dialect: postgresDialect, endpoints, keyPrefix });
  const binaries = kind === 'container' ? null : findPostgres();
  if (binaries !== null)
    return new PrivateHost(
      {
        dialect: postgresDialect,
        async programs(roles, runFolder) {
          const reachable = await reachablePostgres(binaries, handOver(runFolder), runFolder);
          return roles.map(() => postgresProgram(reachable, persistence, runFolder));
        },
      },
      { persistence, keyPrefix },
    );
  if (kind === 'process') throw noPostgres('--servers process, but no postgres and initdb were found');
  const engine = await dockerEngine();
  if (engine.available) return new PostgresContainers({ persistence, keyPrefix });
  const tried =
    kind === 'container' ? '' : 'no postgres and initdb on PATH, at the usual places or in the cache folder, and ';
  throw noPostgres(`${tried}${engine.reason}`);
}
