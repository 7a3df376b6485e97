/**
 * Where the servers of a run come from, whatever its designs run on: a host for each engine, opened when the first design of
 * that engine needs it, all closed together.
 */
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Addresses, EngineName, StrategyPlan, Topology } from '../contract/index.js';
import type { ServerHost } from './host.js';
import type { ServerSettings } from './server-settings.js';

export interface HostsSettings extends ServerSettings {
  /** Of others' servers, with their secrets; those of Redis are `external`. */
  readonly addresses: Addresses<NodeEndpoint>;
}

export type HostOpener = (settings: HostsSettings) => Promise<ServerHost>;

/** An engine without an entry borrows the hosts of another. */
const openers: Readonly<Record<Exclude<EngineName, 'library'>, () => Promise<HostOpener>>> = {
  redis: async () => (await import('./provision.js')).openServers,
  postgres: async () => (await import('./postgres-servers.js')).openPostgresServers,
  etcd: async () => (await import('./etcd-servers.js')).openEtcdServers,
  zookeeper: async () => (await import('./zookeeper-servers.js')).openZookeeperServers,
};

/** Libraries bring their own way of use, not servers of their own. */
export function serversOf(engine: EngineName): Exclude<EngineName, 'library'> {
  return engine === 'library' ? 'redis' : engine;
}

type Needing = Pick<StrategyPlan, 'engine'> & { readonly topology: Topology };

export class Hosts {
  readonly #open = new Map<EngineName, Promise<ServerHost>>();

  constructor(private readonly settings: HostsSettings) {}

  /** Starts no server yet. Rejects with NO_REDIS or NO_SERVER where none is to be had. */
  of(engine: EngineName): Promise<ServerHost> {
    const whose = serversOf(engine);
    let host = this.#open.get(whose);
    if (host === undefined) this.#open.set(whose, (host = openers[whose]().then((open) => open(this.settings))));
    return host;
  }

  /** Of all designs that use servers, so that what is missing is told before anything is measured. */
  async all(designs: readonly Needing[]): Promise<readonly ServerHost[]> {
    const engines = designs.filter(({ topology }) => topology.kind !== 'none').map(({ engine }) => serversOf(engine));
    return Promise.all([...new Set(engines)].map((engine) => this.of(engine)));
  }

  /** Stops what is still running and leaves nothing behind. May be called twice. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#open.values()].map((opening) =>
        opening.then(
          (host) => host.close(),
          () => {},
        ),
      ),
    );
  }
}
