/**
 * Private servers for one contestant: started once, reset between cases. As child processes they can also be stopped,
 * killed and started again on the same port; in containers they can only be looked at. Never anybody else's servers.
 */
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Reply, RestartData, StrategyPlan } from '../contract/index.js';
import { Hosts, serversOf, type HostsSettings, type ServerControl } from '../servers/provision.js';
import { rolesOf, type Role } from '../servers/roles.js';
import type { ServerHand } from './types.js';

export interface LabServer extends ServerHand {
  readonly kind: Role['kind'];
  readonly endpoint: NodeEndpoint;
  /** Running again, with connections answered. */
  revive(): Promise<void>;
}

export interface Lab {
  /** Whether servers can be stopped and killed. */
  readonly control: boolean;
  readonly servers: readonly LabServer[];
  /** Redis: what a design keeps there can be looked at and written, key by key. */
  readonly isRedis: boolean;
  /** Locks that are left there, as far as the servers tell. */
  keysLeft(): Promise<readonly string[]>;
  /** Whatever locks there are, as an administrator would. */
  removeKeys(): Promise<void>;
  /** All servers running, and empty. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export type LabKind = 'auto' | 'process' | 'container';

export function hostsSettings(kind: LabKind, image: string): HostsSettings {
  return { kind, image, persistence: 'none', external: [], addresses: {}, keyPrefix: 'conform:' };
}

export async function openLab(
  { engine, topology }: Pick<StrategyPlan, 'engine' | 'topology'>,
  kind: LabKind,
  image: string,
): Promise<Lab> {
  const hosts = new Hosts(hostsSettings(kind, image));
  try {
    const host = await hosts.of(engine);
    const { controls, keysLeft, removeKeys } = await host.provision(topology);
    const roles = rolesOf(topology);
    const isRedis = serversOf(engine) === 'redis';
    const servers = controls.map((control, i) => new Server(control, roles[i], isRedis));
    return {
      control: host.kind === 'process',
      servers,
      isRedis,
      keysLeft,
      removeKeys,
      async reset() {
        await Promise.all(servers.map((server) => server.revive()));
        if (!isRedis) await removeKeys();
        else await Promise.all(servers.filter((one) => one.kind === 'master').map((one) => one.call('FLUSHALL')));
      },
      close: () => hosts.close(),
    };
  } catch (error) {
    await hosts.close();
    throw error;
  }
}

class Server implements LabServer {
  readonly name: string;
  readonly kind: Role['kind'];
  readonly endpoint: NodeEndpoint;
  #alive = true;
  #comesBack: RestartData = 'empty';

  constructor(
    private readonly control: ServerControl,
    role: Role,
    private readonly isRedis: boolean,
  ) {
    this.name = control.name;
    this.kind = role.kind;
    this.endpoint = control.endpoint;
  }

  call(name: string, ...args: readonly (string | number)[]): Promise<Reply> {
    return this.control.call(name, ...args);
  }

  freeze(): Promise<void> {
    return this.control.freeze();
  }

  thaw(): void {
    void this.control.thaw();
  }

  /** Where it does not matter, as it is simplest: a cluster that has lost the data of its majority cannot be put together again. */
  async crash(data: 'kept' | 'lost' = this.isRedis ? 'lost' : 'kept'): Promise<void> {
    if (data === 'kept' && this.isRedis) await this.call('SAVE');
    this.#comesBack = data === 'kept' ? 'kept' : 'empty';
    this.#alive = false;
    await this.control.kill();
  }

  async restart(): Promise<void> {
    await this.control.start(this.#comesBack);
    this.#alive = true;
  }

  async revive(): Promise<void> {
    this.thaw();
    if (!this.#alive) await this.restart();
  }
}
