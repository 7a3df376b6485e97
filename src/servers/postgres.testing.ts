/** For tests on a real PostgreSQL: a private one, or the reason why there is none. */
import { Hosts, type HostsSettings, type Provisioned } from './provision.js';
import { findPostgres } from './postgres-binary.js';

export const hasPostgres = findPostgres() !== null;
/** Behind the name of a suite. */
export const skipped = hasPostgres ? '' : ' (skipped: no postgres and initdb on PATH or at the usual places)';

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
