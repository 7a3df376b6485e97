/**
 * Private servers for one contestant: started once, reset between cases. As child processes they can also be stopped,
 * killed and started again on the same port; in containers they can only be looked at. Never anybody else's servers.
 */
import { nowMs } from '../base/clock.js';
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
    const { controls, endpoints, sentinels, keysLeft, removeKeys } = await host.provision(topology);
    // Cases stop and kill the primary for moments: roles that move meanwhile would be there for the next case.
    for (const sentinel of sentinels) await putOff(sentinel, endpoints[0].sentinel!.masterName);
    const roles = rolesOf(topology);
    const isRedis = serversOf(engine) === 'redis';
    const servers = controls.map((control, i) => new Server(control, roles[i], endpoints[i], isRedis));
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
        if (isRedis) await followed(servers);
      },
      close: () => hosts.close(),
    };
  } catch (error) {
    await hosts.close();
    throw error;
  }
}

/** A primary that was killed is found again by its replicas about a second later. */
const followLimitMs = 5000;
const followStepMs = 100;

async function followed(servers: readonly Server[]): Promise<void> {
  const replicas = servers.filter(({ kind }) => kind === 'replica').length;
  const untilMs = nowMs() + followLimitMs;
  while (replicas > 0 && nowMs() < untilMs)
    if (Number(await servers[0].call('WAIT', replicas, followStepMs)) >= replicas) return;
}

/** Longer than any suite. */
const neverMs = 86_400_000;

async function putOff(sentinel: ServerControl, masterName: string): Promise<void> {
  await sentinel.call('SENTINEL', 'SET', masterName, 'down-after-milliseconds', neverMs);
}

class Server implements LabServer {
  readonly name: string;
  readonly kind: Role['kind'];
  #alive = true;
  #comesBack: RestartData = 'empty';

  constructor(
    private readonly control: ServerControl,
    role: Role,
    readonly endpoint: NodeEndpoint,
    private readonly isRedis: boolean,
  ) {
    this.name = control.name;
    this.kind = role.kind;
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
