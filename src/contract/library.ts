/**
 * What a published lock library is given: client objects of the very libraries that ours run on, connected and watched by
 * us, and used by the library in its own way.
 */
import type { Endpoint, LibraryClientName } from './plan.js';
import type { Failure } from './redis.js';

export interface LibraryEndpoint extends Endpoint {
  readonly username?: string;
  readonly password?: string;
}

/** Options of the constructor, besides address and credentials; none: the client's own defaults. */
export interface LibraryClientOptions {
  readonly ioredis: Readonly<Record<string, unknown>>;
  readonly nodeRedis: Readonly<Record<string, unknown>>;
  /** How long until it connects again: doubling from the first to the last. Null: the client's own way. */
  readonly reconnectMs: readonly [number, number] | null;
}

export interface LibraryServers {
  readonly client: LibraryClientName;
  /** Of Redis, in the order of their roles. */
  readonly endpoints: readonly LibraryEndpoint[];
  /** One client object for each server, connected where the server is up; the others join later, by the client's own means. */
  connect(options: LibraryClientOptions): Promise<readonly unknown[]>;
  /** Commands that ended without an answer so far, for each client. */
  failedCommands(): readonly number[];
  /** Resolves when all that was sent before on these clients is answered, or will not be. */
  answered(): Promise<void>;
  /** What an error says that came from such a client; null where it is none of these. */
  failureOf(error: unknown): Failure | null;
  /** Of a time by Date.now(), the time on the clock of `StrategyEnv.nowMs`. */
  monotonicMs(epochMs: number): number;
}
