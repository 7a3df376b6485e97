/** For tests on a real PostgreSQL: a private one, or the reason why there is none. */
import { privateServers, type PrivateServers } from './private.testing.js';
import type { HostsSettings } from './provision.js';
import { findPostgres } from './postgres-binary.js';
import { runsOn } from './required.testing.js';

const places = 'on PATH, at the usual places or in the cache folder';
const missing = findPostgres() === null ? `no postgres and initdb ${places}` : null;
export const { runs: runsPostgres, skipped } = runsOn('postgres', missing);

export const single = { kind: 'single', nodes: 1, replicas: 0 } as const;

export function postgres(settings: Partial<HostsSettings> = {}): Promise<PrivateServers> {
  return privateServers('postgres', single, settings);
}
