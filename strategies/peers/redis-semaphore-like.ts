/**
 * redis-semaphore 5.8.0: `Mutex` on one server and `RedlockMutex` on several differ in the name of the class only. Source: its
 * README, "Mutex", "RedlockMutex" and "Options". One instance is one owner, so there is a new one for each acquire.
 *
 * It does not tell how often it has tried, so the SETs that it sends to its first server are counted. It tells nothing of
 * validity either: "lockTimeout - ms, time after mutex will be auto released", so it promises as much from its last SET on.
 * A lease cannot be extended by hand: refreshing is its own business, by default every 0.8 of the TTL. Then the lock is held
 * for as long as its process lives, and until `onLockLost`.
 */
import type { Cancel, LibraryServers, LockSession, StrategyEnv } from '../../src/contract/index.js';
import { majorityOf } from './claims.js';
import { clientOptionsFor, isTuned, libraryRetry, type LibraryRetry, type PeerOptions } from './profiles.js';
import { PeerSession, type Asked, type Peer, type Told } from './session.js';

/** What it uses of ioredis. */
interface Client {
  readonly options: unknown;
  set(...args: readonly unknown[]): Promise<unknown>;
  eval(...args: readonly unknown[]): Promise<unknown>;
  evalsha(...args: readonly unknown[]): Promise<unknown>;
}

export interface Mutex {
  readonly identifier: string;
  tryAcquire(signal: AbortSignal): Promise<boolean>;
  stopRefresh(): void;
  release(): Promise<void>;
}

export interface MutexOptions {
  readonly lockTimeout: number;
  readonly acquireTimeout?: number;
  readonly acquireAttemptsLimit?: number;
  readonly retryInterval?: number;
  readonly refreshInterval?: number;
  readonly onLockLost: () => void;
}

/** A mutex of this name on these clients. */
export type MakeMutex = (clients: readonly unknown[], key: string, options: MutexOptions) => Mutex;

class RedisSemaphore implements Peer<Mutex> {
  readonly decisive;
  readonly #retry: LibraryRetry;
  readonly #held = new Set<Mutex>();

  constructor(
    private readonly make: MakeMutex,
    private readonly clients: readonly Client[],
    private readonly env: StrategyEnv,
    private readonly options: PeerOptions,
  ) {
    this.decisive = clients.length - majorityOf(clients.length) + 1;
    this.#retry = libraryRetry(env.retry);
  }

  async acquire(key: string, { ttlMs, waitMs, startMs, cancel }: Asked): Promise<Told<Mutex>> {
    let tries = 0;
    let beganMs = startMs;
    let tellLost = (): void => {};
    const onSet = (): void => {
      tries += 1;
      beganMs = this.env.nowMs();
    };
    const [first, ...others] = this.clients;
    const options = this.#settings(ttlMs, waitMs, () => tellLost());
    const mutex = this.make([overheard(first!, onSet), ...others], key, options);
    const { signal, stop } = signalOf(cancel);
    try {
      if (!(await mutex.tryAcquire(signal))) return { kind: 'lost', tries };
    } finally {
      stop();
    }
    const onLost = (listener: () => void): void => void (tellLost = listener);
    const roundMs = this.env.nowMs() - beganMs;
    // Refreshed by itself it is held until it is said to be lost.
    const validUntilMs = isTuned(this.options) ? beganMs + ttlMs : Infinity;
    this.#held.add(mutex);
    return { kind: 'won', lock: mutex, token: mutex.identifier, validUntilMs, tries, roundMs, onLost };
  }

  /** It says nothing, whatever came of it. */
  async release(mutex: Mutex): Promise<'released'> {
    this.#held.delete(mutex);
    await mutex.release();
    return 'released';
  }

  /** Else it would refresh for ever what was never released, on clients that are closed. */
  close(): Promise<void> {
    for (const mutex of this.#held) mutex.stopRefresh();
    return Promise.resolve();
  }

  #settings(ttlMs: number, waitMs: number, onLockLost: () => void): MutexOptions {
    const { delayMs, limit } = this.#retry;
    const tuned = isTuned(this.options);
    return {
      lockTimeout: ttlMs,
      onLockLost,
      // One try: with a timeout of 0 it makes none, and it would sleep once more after it.
      ...(waitMs === 0 ? { acquireAttemptsLimit: 1, retryInterval: 0 } : { acquireTimeout: waitMs }),
      ...(waitMs > 0 && limit !== null ? { acquireAttemptsLimit: limit + 1 } : {}),
      // As all wait in this run, but for the jitter: it has none. Its default: 10 ms.
      ...(waitMs > 0 && tuned ? { retryInterval: delayMs } : {}),
      // Ours keep a lease alive when they are told to only. Its default: every 0.8 of the TTL.
      ...(tuned ? { refreshInterval: 0 } : {}),
    };
  }
}

/** The same client, with an ear at its SET. */
function overheard(client: Client, onSet: () => void): Client {
  return {
    options: client.options,
    set: (...args) => {
      onSet();
      return client.set(...args);
    },
    eval: (...args) => client.eval(...args),
    evalsha: (...args) => client.evalsha(...args),
  };
}

function signalOf(cancel: Cancel): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, stop: cancel.onCancel(() => controller.abort()) };
}

export async function openRedisSemaphore(
  servers: LibraryServers,
  env: StrategyEnv,
  options: PeerOptions,
  make: MakeMutex,
): Promise<LockSession> {
  const clients = (await servers.connect(clientOptionsFor(options))) as readonly Client[];
  return new PeerSession(servers, env, new RedisSemaphore(make, clients, env, options));
}
