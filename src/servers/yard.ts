/** Where private servers of one kind run: a temporary folder, a guardian, and everything that was started. */
import { LockbenchError } from '../contract/index.js';
import type { Fleet } from './fleet.js';
import { openGuardian, type Guardian } from './guardian.js';
import { makeRunFolder, removeRunFolder } from './run-folder.js';
import type { ServerOptions, ServerProcess } from './server-process.js';

export class Yard {
  readonly folder = makeRunFolder();
  readonly #guardian: Guardian = openGuardian(this.folder);
  readonly #running = new Set<ServerProcess>();
  readonly #fleets = new Set<Fleet>();
  #closing: Promise<void> | null = null;

  /** What is given to `launch` says where; `verify` throws when it is not as it should be. */
  async start(
    launch: (where: Pick<ServerOptions, 'dir' | 'guardian'>) => Promise<ServerProcess>,
    verify: (server: ServerProcess) => void = () => {},
  ): Promise<ServerProcess> {
    const server = await launch({ dir: this.folder, guardian: this.#guardian });
    try {
      if (this.#closing !== null)
        throw new LockbenchError('SERVER_FAILED', `${server.name} was not needed any more when it had started`);
      verify(server);
    } catch (error) {
      await server.stop();
      throw error;
    }
    this.#running.add(server);
    void server.exited.then(() => this.#running.delete(server));
    return server;
  }

  /** Its servers end with the yard, and that is no incident. */
  adopt(fleet: Fleet): void {
    this.#fleets.add(fleet);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    for (const fleet of this.#fleets) fleet.leave();
    await stopAll(this.#running);
    removeRunFolder(this.folder);
    await this.#guardian.close();
  }
}

export async function stopAll(servers: Iterable<{ stop(): Promise<void> }>): Promise<void> {
  await Promise.all([...servers].map((server) => server.stop()));
}
