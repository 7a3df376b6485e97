/** The embedded default: private servers as child processes, fresh ones for every topology. */
import { LockbenchError, type Persistence, type Topology } from '../contract/index.js';
import { allOrNone } from './all-or-none.js';
import { Fleet, type Member } from './fleet.js';
import { openGuardian, type Guardian } from './guardian.js';
import { provisionedOf, type Provisioned, type ServerHost } from './host.js';
import type { RedisBinary } from './redis-binary.js';
import { startRedis, type Exit, type RedisProcess } from './redis-process.js';
import { awaitReplicas } from './replicas.js';
import { rolesOf, type Role } from './roles.js';
import { makeRunFolder, removeRunFolder } from './run-folder.js';

export interface ProcessSettings {
  readonly binary: RedisBinary;
  readonly persistence: Persistence;
  readonly keyPrefix: string;
}

export class ProcessHost implements ServerHost {
  readonly kind = 'process';
  readonly #folder = makeRunFolder();
  readonly #guardian: Guardian = openGuardian(this.#folder);
  readonly #running = new Set<RedisProcess>();
  #provisions = 0;
  #closing: Promise<void> | null = null;

  constructor(private readonly settings: ProcessSettings) {}

  async provision(topology: Topology): Promise<Provisioned> {
    this.#provisions += 1;
    const [first, ...others] = rolesOf(topology);
    const servers: RedisProcess[] = [];
    const stop = () => stopAll(servers);
    try {
      if (topology.kind === 'replicated') {
        const primary = await this.#start(first!, []);
        servers.push(primary);
        const follow = ['--replicaof', primary.endpoint.host, String(primary.endpoint.port)];
        servers.push(...(await this.#startAll(others, follow)));
      } else if (first !== undefined) {
        servers.push(...(await this.#startAll([first, ...others], [])));
      }
      const roles = rolesOf(topology);
      const members = servers.map((server, i): Member => ({
        ...roles[i]!,
        endpoint: server.endpoint,
        pid: server.pid,
      }));
      const fleet = new Fleet(members, this.settings.keyPrefix);
      servers.forEach((server, i) => {
        void server.exited.then((exit) => {
          if (this.#closing === null) fleet.tell(`${members[i]!.name} exited (${exitText(exit)})`);
        });
      });
      await awaitReplicas(fleet);
      return await provisionedOf(fleet, stop);
    } catch (error) {
      await stop();
      throw error;
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await stopAll(this.#running);
    removeRunFolder(this.#folder);
    await this.#guardian.close();
  }

  #startAll(roles: readonly Role[], extraArgs: readonly string[]): Promise<readonly RedisProcess[]> {
    return allOrNone(
      roles.map((role) => this.#start(role, extraArgs)),
      stopAll,
    );
  }

  async #start(role: Role, extraArgs: readonly string[]): Promise<RedisProcess> {
    const server = await startRedis({
      binary: this.settings.binary,
      dir: this.#folder,
      name: role.name,
      folderName: `${this.#provisions}-${role.name.replaceAll(' ', '-')}`,
      persistence: this.settings.persistence,
      extraArgs,
      guardian: this.#guardian,
    });
    if (this.#closing !== null) {
      await server.stop();
      throw new LockbenchError('SERVER_FAILED', `${role.name} was not needed any more when it had started`);
    }
    this.#running.add(server);
    void server.exited.then(() => this.#running.delete(server));
    return server;
  }
}

async function stopAll(servers: Iterable<RedisProcess>): Promise<void> {
  await Promise.all([...servers].map((server) => server.stop()));
}

function exitText({ code, signal }: Exit): string {
  return signal ?? `exit code ${code}`;
}
