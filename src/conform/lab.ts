/**
 * Private servers for one contestant: started once, reset between cases. As child processes they can also be stopped,
 * killed and started again on the same port; in containers they can only be looked at. Never anybody else's servers.
 */
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Reply, RestartData, Topology } from '../contract/index.js';
import { openServers, type ServerControl, type ServerSettings } from '../servers/provision.js';
import { rolesOf, type Role } from '../servers/roles.js';
import type { ServerHand } from './types.js';

export interface LabServer extends ServerHand {
  readonly kind: Role['kind'];
  readonly endpoint: NodeEndpoint;
  /** Running again, with connections answered, and empty. */
  reset(): Promise<void>;
}

export interface Lab {
  /** Whether servers can be stopped and killed. */
  readonly control: boolean;
  readonly servers: readonly LabServer[];
  close(): Promise<void>;
}

export type LabKind = 'auto' | 'process' | 'container';

export function serverSettings(kind: LabKind, image: string): ServerSettings {
  return { kind, image, persistence: 'none', external: [], keyPrefix: 'conform:' };
}

export async function openLab(topology: Topology, kind: LabKind, image: string): Promise<Lab> {
  const host = await openServers(serverSettings(kind, image));
  try {
    const { controls } = await host.provision(topology);
    const roles = rolesOf(topology);
    const servers = controls.map((control, i) => new Server(control, roles[i]));
    return { control: host.kind === 'process', servers, close: () => host.close() };
  } catch (error) {
    await host.close();
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

  async crash(data: 'kept' | 'lost' = 'lost'): Promise<void> {
    if (data === 'kept') await this.call('SAVE');
    this.#comesBack = data === 'kept' ? 'kept' : 'empty';
    this.#alive = false;
    await this.control.kill();
  }

  async restart(): Promise<void> {
    await this.control.start(this.#comesBack);
    this.#alive = true;
  }

  async reset(): Promise<void> {
    this.thaw();
    if (!this.#alive) await this.restart();
    if (this.kind === 'master') await this.call('FLUSHALL');
  }
}
