/**
 * The API of redlock 5, which `@sesamecare-oss/redlock` has kept. Both try again by themselves, and cannot be told how long to
 * wait, nor that nobody waits any more: in the profile `tuned` they get as many retries as fit into the wait.
 *
 * A lock carries the end of its validity by Date.now(). redlock 5 counts it from before all tries; its fork from the try
 * that was granted, in whole ms: too coarse to tell how long a try took, so only the first tells that. Whether it is still ahead is for the caller to look at, they say, and so does our contract.
 */
import type { LibraryServers, LockSession, StrategyEnv } from '../../src/contract/index.js';
import { majorityOf } from './claims.js';
import {
  clientOptionsFor,
  isTuned,
  libraryRetry,
  retriesWithin,
  type LibraryRetry,
  type PeerOptions,
} from './profiles.js';
import { PeerSession, type Asked, type Peer, type PeerLease, type Told } from './session.js';

export interface Lock {
  readonly value: string;
  /** By Date.now(). */
  readonly expiration: number;
  /** Never awaited: they do not settle when a node hangs. */
  readonly attempts: readonly Promise<unknown>[];
}

interface Settings {
  readonly retryCount?: number;
  readonly retryDelay?: number;
  readonly retryJitter?: number;
}

export interface Redlock {
  acquire(keys: readonly string[], ttlMs: number, settings?: Settings): Promise<Lock>;
  release(lock: Lock, settings?: Settings): Promise<unknown>;
  extend(lock: Lock, ttlMs: number, settings?: Settings): Promise<Lock>;
  on(event: 'error', listener: (error: Error) => void): void;
}

export type RedlockConstructor = new (clients: readonly unknown[]) => Redlock;

class Redlock5 implements Peer<Lock> {
  readonly decisive;
  readonly #retry: LibraryRetry;

  constructor(
    private readonly redlock: Redlock,
    nodes: number,
    private readonly servers: LibraryServers,
    private readonly env: StrategyEnv,
    private readonly options: PeerOptions,
  ) {
    this.decisive = nodes - majorityOf(nodes) + 1;
    this.#retry = libraryRetry(env.retry);
    // "error" tells of every contention, too; what fails is counted where the clients are watched.
    redlock.on('error', () => {});
  }

  async acquire(key: string, { ttlMs, waitMs, startMs }: Asked): Promise<Told<Lock>> {
    try {
      const lock = await this.redlock.acquire([key], ttlMs, this.#patience(waitMs));
      const tries = lock.attempts.length;
      const roundMs = tries === 1 ? this.env.nowMs() - startMs : null;
      const validUntilMs = this.servers.monotonicMs(lock.expiration);
      return { kind: 'won', lock, token: lock.value, validUntilMs, tries, roundMs };
    } catch (error) {
      if (isExecutionError(error)) return { kind: 'lost', tries: error.attempts.length };
      throw error;
    }
  }

  async release(lock: Lock): Promise<'released' | 'failed'> {
    try {
      await this.redlock.release(lock, this.#once());
      return 'released';
    } catch (error) {
      if (isExecutionError(error)) return 'failed';
      throw error;
    }
  }

  async extend(lease: PeerLease<Lock>, ttlMs: number): Promise<number | null> {
    try {
      lease.lock = await this.redlock.extend(lease.lock, ttlMs, this.#once());
      return this.servers.monotonicMs(lease.lock.expiration);
    } catch (error) {
      if (isExecutionError(error)) return null;
      throw error;
    }
  }

  #patience(waitMs: number): Settings {
    // A try is one try in both profiles.
    if (waitMs === 0) return { retryCount: 0 };
    // 10 retries, 200 ms give or take 100.
    if (!isTuned(this.options)) return {};
    const { delayMs, jitterMs } = this.#retry;
    // As all wait in this run.
    return { retryCount: retriesWithin(waitMs, this.#retry), retryDelay: delayMs, retryJitter: jitterMs };
  }

  /** By default a release is tried eleven times, for some two seconds, when the lock is gone; ours are tried once. */
  #once(): Settings {
    return isTuned(this.options) ? { retryCount: 0 } : {};
  }
}

function isExecutionError(error: unknown): error is Error & { readonly attempts: readonly unknown[] } {
  return error instanceof Error && error.name === 'ExecutionError';
}

export async function openRedlock5(
  servers: LibraryServers,
  env: StrategyEnv,
  options: PeerOptions,
  make: RedlockConstructor,
): Promise<LockSession> {
  const clients = await servers.connect(clientOptionsFor(options));
  const redlock = new make(clients);
  return new PeerSession(servers, env, new Redlock5(redlock, clients.length, servers, env, options));
}
