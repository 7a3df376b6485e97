/**
 * redlock 4.2.0, the release that `npm install redlock` gives. Source: its README, "Usage".
 *
 * It tries again by itself, so a try is what it calls an attempt. It cannot be told how long to wait, nor that nobody waits
 * any more: in the profile `tuned` it gets as many retries as fit into the wait. A lock that it grants carries the end of
 * its validity, counted from the start of the attempt, by Date.now(): in whole ms, which is too coarse to tell how long a
 * later attempt took.
 */
import type { LibraryServers, LockSession, LockStrategy, StrategyEnv } from '../../src/contract/index.js';
import { importPackage } from '../../src/base/packages.js';
import { judgeQuorum, majorityOf } from './claims.js';
import {
  clientOptionsFor,
  isTuned,
  libraryRetry,
  peerOptions,
  quorumTimeoutMs,
  retriesWithin,
  type PeerOptions,
} from './profiles.js';
import { PeerSession, type Asked, type Peer, type PeerLease, type Told } from './session.js';

interface Lock {
  readonly value: string;
  /** By Date.now(). */
  readonly expiration: number;
  readonly attempts: number;
}

interface Redlock {
  acquire(key: string, ttlMs: number): Promise<Lock>;
  release(lock: Lock): Promise<void>;
  /** Changes the lock that it is given, and gives it back. */
  extend(lock: Lock, ttlMs: number): Promise<Lock>;
  on(event: 'clientError', listener: (error: Error) => void): void;
}

interface Settings {
  readonly retryCount?: number;
  readonly retryDelay?: number;
  readonly retryJitter?: number;
}

type Library = { readonly default: new (clients: readonly unknown[], settings: Settings) => Redlock };

class RedlockV4 implements Peer<Lock> {
  readonly decisive;
  /** By the number of retries, which only the constructor takes: per call `retryCount: 0` is ignored. */
  readonly #instances = new Map<number | null, Redlock>();
  readonly #retry;

  constructor(
    private readonly library: Library,
    private readonly clients: readonly unknown[],
    private readonly servers: LibraryServers,
    private readonly env: StrategyEnv,
    private readonly options: PeerOptions,
  ) {
    this.decisive = clients.length - majorityOf(clients.length) + 1;
    this.#retry = libraryRetry(env.retry);
  }

  async acquire(key: string, { ttlMs, waitMs, startMs }: Asked): Promise<Told<Lock>> {
    try {
      const lock = await this.#patientFor(waitMs).acquire(key, ttlMs);
      const tries = lock.attempts;
      const validUntilMs = this.servers.monotonicMs(lock.expiration);
      const roundMs = tries === 1 ? this.env.nowMs() - startMs : null;
      return { kind: 'won', lock, token: lock.value, validUntilMs, tries, roundMs };
    } catch (error) {
      if (isLockError(error)) return { kind: 'lost', tries: error.attempts ?? 1 };
      throw error;
    }
  }

  async release(lock: Lock): Promise<'released' | 'failed'> {
    try {
      await this.#usual().release(lock);
      return 'released';
    } catch (error) {
      if (isLockError(error)) return 'failed';
      throw error;
    }
  }

  async extend({ lock }: PeerLease<Lock>, ttlMs: number): Promise<number | null> {
    try {
      return this.servers.monotonicMs((await this.#usual().extend(lock, ttlMs)).expiration);
    } catch (error) {
      if (isLockError(error)) return null;
      throw error;
    }
  }

  /** For what nobody waits for. An extension is tried as often as the constructor says: ours are tried once. */
  #usual(): Redlock {
    return this.#instance(isTuned(this.options) ? 0 : null);
  }

  #patientFor(waitMs: number): Redlock {
    if (waitMs === 0) return this.#instance(0);
    return this.#instance(isTuned(this.options) ? retriesWithin(waitMs, this.#retry) : null);
  }

  #instance(retries: number | null): Redlock {
    const retry = this.#retry;
    let redlock = this.#instances.get(retries);
    if (redlock !== undefined) return redlock;
    redlock = new this.library.default(this.clients, {
      // What fits into the wait, and one try where nobody waits. Its default: 10.
      ...(retries === null ? {} : { retryCount: retries }),
      // As all wait in this run. Its defaults: 200 ms, give or take 100.
      ...(isTuned(this.options) ? { retryDelay: retry.delayMs, retryJitter: retry.jitterMs } : {}),
    });
    // As its README advises; the failures are counted where the clients are watched.
    redlock.on('clientError', () => {});
    this.#instances.set(retries, redlock);
    return redlock;
  }
}

function isLockError(error: unknown): error is Error & { readonly attempts?: number } {
  return error instanceof Error && error.name === 'LockError';
}

async function open(servers: LibraryServers, env: StrategyEnv, options: PeerOptions): Promise<LockSession> {
  const library = await importPackage<Library>('redlock-v4');
  const clients = await servers.connect(clientOptionsFor(options));
  return new PeerSession(servers, env, new RedlockV4(library, clients, servers, env, options));
}

export default {
  name: 'redlock-v4',
  help: 'redlock 4.2.0: all masters asked at once, all of them waited for, retries of its own',
  engine: 'library',
  topology: 'quorum',
  library: 'redlock-v4',
  // Its API is that of node-redis 3, which ioredis still has.
  clients: ['ioredis'],
  options: peerOptions(quorumTimeoutMs),
  judge: judgeQuorum({ waitsAsAsked: false }),
  open,
} satisfies LockStrategy<'library', PeerOptions>;
