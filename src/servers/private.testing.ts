/** For tests on real servers of an engine: private ones, with what a run would set by default. */
import type { EngineName, Topology } from '../contract/index.js';
import { Hosts, type HostsSettings, type Provisioned } from './provision.js';

export const keyPrefix = 'lockbench:test:';

export interface PrivateServers {
  readonly servers: Provisioned;
  close(): Promise<void>;
}

export async function privateServers(
  engine: EngineName,
  topology: Topology,
  settings: Partial<HostsSettings> = {},
): Promise<PrivateServers> {
  const usual = { kind: 'auto', image: '', persistence: 'none', external: [], addresses: {}, keyPrefix } as const;
  const hosts = new Hosts({ ...usual, ...settings });
  try {
    const servers = await (await hosts.of(engine)).provision(topology);
    return { servers, close: () => hosts.close() };
  } catch (error) {
    await hosts.close();
    throw error;
  }
}
