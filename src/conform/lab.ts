/**
 * Private servers for one contestant: started once, reset between cases. As child processes they can also be stopped,
 * killed and started again on the same port; in containers they can only be looked at. Never anybody else's servers.
 */
import { readFileSync } from 'node:fs';
import { delay, nowMs } from '../base/clock.js';
import { openAdmin, type Admin } from '../clients/admin.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import { LockbenchError, type Topology } from '../contract/index.js';
import { Fleet } from '../servers/fleet.js';
import { openGuardian } from '../servers/guardian.js';
import { openServers, type ServerSettings } from '../servers/provision.js';
import { findRedis, type RedisBinary } from '../servers/redis-binary.js';
import { startRedis, type RedisProcess } from '../servers/redis-process.js';
import { awaitReplicas } from '../servers/replicas.js';
import { rolesOf, type Role } from '../servers/roles.js';
import { makeRunFolder, removeRunFolder } from '../servers/run-folder.js';
import type { ServerHand } from './types.js';

const adminLimitMs = 2_000;
const keyPrefix = 'conform:';

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
  return { kind, image, persistence: 'none', external: [], keyPrefix };
}

export async function openLab(topology: Topology, kind: LabKind, image: string): Promise<Lab> {
  const binary = kind === 'container' ? null : findRedis();
  if (binary !== null) return processLab(topology, binary);
  const host = await openServers(serverSettings(kind, image));
  try {
    const { endpoints } = await host.provision(topology);
    const roles = rolesOf(topology);
    const servers = endpoints.map((endpoint, i) => new Server(roles[i], endpoint, null));
    return { control: false, servers, close: () => closeAll(servers, () => host.close()) };
  } catch (error) {
    await host.close();
    throw error;
  }
}

async function processLab(topology: Topology, binary: RedisBinary): Promise<Lab> {
  const folder = makeRunFolder();
  const guardian = openGuardian(folder);
  const servers: Server[] = [];
  const close = (): Promise<void> =>
    closeAll(servers, async () => {
      await Promise.all(servers.map((server) => server.stop()));
      removeRunFolder(folder);
      await guardian.close();
    });
  let starts = 0;
  const start = async (role: Role, extraArgs: readonly string[]): Promise<void> => {
    const common = { binary, dir: folder, name: role.name, persistence: 'none' as const, extraArgs, guardian };
    const first = await startRedis(common);
    const again = (keep: boolean): Promise<RedisProcess> => {
      const folderName = keep ? {} : { folderName: `${role.name.replaceAll(' ', '-')}-${(starts += 1)}` };
      return startRedis({ ...common, ...folderName, nextPort: () => first.endpoint.port });
    };
    servers.push(new Server(role, first.endpoint, { first, again }));
  };
  try {
    const [first, ...others] = rolesOf(topology);
    if (first !== undefined) {
      await start(first, []);
      const { host, port } = servers[0].endpoint;
      const extra = topology.kind === 'replicated' ? ['--replicaof', host, String(port)] : [];
      await Promise.all(others.map((role) => start(role, extra)));
      servers.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
      const fleet = new Fleet(
        servers.map(({ name, kind, endpoint }) => ({ name, kind, endpoint, pid: null })),
        keyPrefix,
      );
      await awaitReplicas(fleet).finally(() => fleet.close());
    }
    return { control: true, servers, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function closeAll(servers: readonly Server[], stop: () => Promise<void>): Promise<void> {
  for (const server of servers) server.leave();
  await stop();
}

interface Power {
  readonly first: RedisProcess;
  again(keepData: boolean): Promise<RedisProcess>;
}

class Server implements LabServer {
  readonly name: string;
  readonly kind: Role['kind'];
  #admin: Promise<Admin> | null = null;
  #process: RedisProcess | null;
  #frozen = false;
  #alive = true;
  #keepData = false;

  constructor(
    role: Role,
    readonly endpoint: NodeEndpoint,
    private readonly power: Power | null,
  ) {
    this.name = role.name;
    this.kind = role.kind;
    this.#process = power?.first ?? null;
  }

  async call(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
    this.#admin ??= openAdmin(this.endpoint, adminLimitMs);
    const admin = await this.#admin.catch((error: unknown) => {
      this.#admin = null;
      throw error;
    });
    return admin.call(name, ...args);
  }

  async freeze(): Promise<void> {
    const process = this.#own();
    process.kill('SIGSTOP');
    this.#frozen = true;
    await standsStill(process.pid);
  }

  thaw(): void {
    this.#own().kill('SIGCONT');
    this.#frozen = false;
  }

  async crash(data: 'kept' | 'lost' = 'lost'): Promise<void> {
    this.#keepData = data === 'kept';
    if (this.#keepData) await this.call('SAVE');
    this.leave();
    const process = this.#own();
    process.kill('SIGKILL');
    await process.exited;
    this.#alive = false;
    this.#frozen = false;
  }

  async restart(): Promise<void> {
    if (this.power === null) throw new LockbenchError('INTERNAL', `${this.name} cannot be started again`);
    this.#process = await this.power.again(this.#keepData);
    this.#alive = true;
  }

  async reset(): Promise<void> {
    if (this.#frozen) this.thaw();
    if (!this.#alive) await this.restart();
    if (this.kind === 'master') await this.call('FLUSHALL');
  }

  leave(): void {
    void this.#admin?.then((admin) => admin.close()).catch(() => {});
    this.#admin = null;
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  #own(): RedisProcess {
    if (this.#process !== null) return this.#process;
    throw new LockbenchError('INTERNAL', `${this.name} is no process of ours`);
  }
}

const standStillLimitMs = 1_000;

/** The signal is on its way when kill returns; a command could still overtake it. */
async function standsStill(pid: number): Promise<void> {
  if (process.platform !== 'linux') return delay(100);
  const limitMs = nowMs() + standStillLimitMs;
  while (!/\) [Tt] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')) && nowMs() < limitMs) await delay(1);
}
