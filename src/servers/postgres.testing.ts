/** For tests on a real PostgreSQL: a private one, or the reason why there is none. */
import { Hosts, type HostsSettings, type Provisioned } from './provision.js';
import { findPostgres } from './postgres-binary.js';
import { runsOn } from './required.testing.js';

const places = 'on PATH, at the usual places or in the cache folder';
const missing = findPostgres() === null ? `no postgres and initdb ${places}` : null;
export const { runs: runsPostgres, skipped } = runsOn('postgres', missing);

export const single = { kind: 'single', nodes: 1, replicas: 0 } as const;

export async function postgres(
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
    const servers = await (await hosts.of('postgres')).provision(single);
    return { servers, close: () => hosts.close() };
  } catch (error) {
    await hosts.close();
    throw error;
  }
}
