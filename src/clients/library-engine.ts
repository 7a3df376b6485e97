/** Published lock libraries get client objects of their own, which we have connected, watch, and close. */
import { after, nowMs, wallClock, yieldTurn } from '../base/clock.js';
import { LockbenchError } from '../contract/index.js';
import type { Failure, LibraryClientName, LibraryClientOptions, LibraryServers } from '../contract/index.js';
import { clientOf, type EngineRequest, type OpenedEngine } from './engine.js';
import { LibraryWatch, type WatchedClient } from './library-watch.js';
import { libraryVersion } from './options.js';

const pingLimitMs = 5_000;
/** Date.now() is up to so much behind: what is converted errs to the safe side. */
const wallClockStepMs = 1;

export async function openLibraryEngine(request: EngineRequest): Promise<OpenedEngine<'library'>> {
  const servers = new Servers(request, await clientFactory(request));
  return {
    name: 'library',
    engine: servers,
    meter: servers.watch,
    get options() {
      return servers.options();
    },
    isUp: () => servers.isUp(),
    answered: () => servers.answered(),
    failures: () => servers.watch.failures(),
    close: () => servers.close(),
  };
}

interface Factory {
  readonly open: typeof import('./library-ioredis.js').watchIoredis;
  readonly failureOf: (error: unknown) => Failure | null;
}

/** Loaded when asked for, as for designs of our own. */
async function clientFactory(request: EngineRequest): Promise<Factory> {
  if (libraryClientOf(request) === 'ioredis') {
    const { watchIoredis, ioredisFailure } = await import('./library-ioredis.js');
    return { open: watchIoredis, failureOf: ioredisFailure };
  }
  const { watchNodeRedis, nodeRedisFailure } = await import('./library-node-redis.js');
  return { open: watchNodeRedis, failureOf: nodeRedisFailure };
}

function libraryClientOf(request: EngineRequest): LibraryClientName {
  const client = clientOf(request);
  if (client !== 'pipelined') return client;
  throw new LockbenchError(
    'BAD_PLAN',
    'published lock libraries run on ioredis or node-redis, not on a client of ours',
  );
}

class Servers implements LibraryServers {
  readonly watch = new LibraryWatch();
  readonly client;
  readonly endpoints;
  readonly failureOf;
  readonly #clients: WatchedClient[] = [];
  #told: LibraryClientOptions | null = null;

  constructor(
    private readonly request: EngineRequest,
    private readonly factory: Factory,
  ) {
    this.client = libraryClientOf(request);
    this.endpoints = request.endpoints;
    this.failureOf = factory.failureOf;
  }

  async connect(options: LibraryClientOptions): Promise<readonly unknown[]> {
    this.#told = options;
    await new Promise<void>((resolve, reject: (error: LockbenchError) => void) => {
      const stopTimer = after(this.request.readyWaitMs, resolve);
      const up = (): void => {
        if (this.#clients.length < this.endpoints.length || !this.isUp()) return;
        stopTimer();
        resolve();
      };
      for (const [node, endpoint] of this.endpoints.entries()) {
        const refused = (reason: string): void => {
          stopTimer();
          reject(badCredentials(endpoint, reason));
        };
        this.watch.addNode();
        this.#clients.push(this.factory.open(node, endpoint, options, this.watch, { up, refused }));
      }
      up();
    });
    return this.#clients.map(({ client }) => client);
  }

  /** As they were asked for; where the design asked for none, the client's defaults hold. */
  options(): Readonly<Record<string, unknown>> {
    const { client } = this;
    const chosen = client === 'ioredis' ? this.#told?.ioredis : this.#told?.nodeRedis;
    return { ...libraryVersion(client), ...chosen, reconnectMs: this.#told?.reconnectMs ?? 'default' };
  }

  isUp(): boolean {
    return this.#clients.every((one) => one.isUp());
  }

  failedCommands(): readonly number[] {
    return this.watch.failed();
  }

  /** A connection keeps the order, so PING is answered last. One that is down owes nothing that could still come. */
  async answered(): Promise<void> {
    const pings = this.#clients.filter((one) => one.isUp()).map((one) => one.ping());
    let stopTimer = (): void => {};
    const late = new Promise<void>((resolve) => (stopTimer = after(pingLimitMs, resolve)));
    await Promise.race([Promise.allSettled(pings), late]);
    stopTimer();
  }

  monotonicMs(epochMs: number): number {
    return nowMs() + (epochMs - wallClock().getTime()) - wallClockStepMs;
  }

  async close(): Promise<void> {
    for (const one of this.#clients) one.destroy();
    // Sockets are let go of at the end of the turn.
    await yieldTurn();
  }
}

function badCredentials({ host, port, password }: LibraryServers['endpoints'][number], reason: string): LockbenchError {
  const told = password ? reason.replaceAll(password, '***') : reason;
  return new LockbenchError('UNREACHABLE', `${host}:${port} did not accept the credentials: ${told}`);
}
