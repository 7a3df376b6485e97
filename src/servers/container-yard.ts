/** The containers and networks that one host has started: named when they cannot be, stopped together, none left behind. */
import type { GenericContainer, StartedNetwork, StartedTestContainer } from 'testcontainers';
import { LockbenchError } from '../contract/index.js';

export class ContainerYard {
  readonly #running = new Set<StartedTestContainer>();
  readonly #networks = new Set<StartedNetwork>();
  #closed = false;

  async network(): Promise<StartedNetwork> {
    const { Network } = await import('testcontainers');
    const network = await new Network().start();
    this.#networks.add(network);
    return network;
  }

  /** `name` is the server's role; `another` says how to have another image. */
  async start(
    container: GenericContainer,
    { name, image, another }: { readonly name: string; readonly image: string; readonly another: string },
  ): Promise<StartedTestContainer> {
    try {
      const started = await container.start();
      this.#running.add(started);
      if (this.#closed) await this.stop([started]);
      return started;
    } catch (error) {
      throw new LockbenchError(
        'SERVER_FAILED',
        `${name}: no container could be started from ${image}: ${(error as Error).message}`,
        `Try by hand: docker run --rm ${image}; ${another}. TESTCONTAINERS_RYUK_DISABLED=true does without the reaper's image.`,
        { cause: error },
      );
    }
  }

  async stop(containers: readonly StartedTestContainer[]): Promise<void> {
    await Promise.all(
      containers.map(async (container) => {
        if (this.#running.delete(container)) await container.stop({ remove: true, removeVolumes: true });
      }),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.stop([...this.#running]);
    for (const network of this.#networks) await network.stop().catch(() => {});
    this.#networks.clear();
  }
}
