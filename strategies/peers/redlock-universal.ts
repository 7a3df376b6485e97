/**
 * redlock-universal 0.8.5, `createRedlock`: several independent masters. Source: its README, "Distributed lock" and "API". Its
 * lock object is of one key and one TTL, so there is a new one for each acquire; the adapters, which keep what they know of
 * scripts, last.
 *
 * It tries again by itself, without jitter; its handle tells how often, and that it holds from `acquiredAt` for the TTL. It
 * cannot be told how long to wait, nor that nobody waits any more.
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
  type LibraryRetry,
  type PeerOptions,
} from './profiles.js';
import { PeerSession, type Asked, type Peer, type PeerLease, type Told } from './session.js';

interface Handle {
  readonly value: string;
  /** By Date.now(). */
  readonly acquiredAt: number;
  readonly ttl: number;
  readonly metadata: { readonly attempts: number };
}

interface Redlock {
  acquire(): Promise<Handle>;
  release(handle: Handle): Promise<boolean>;
  extend(handle: Handle, ttlMs: number): Promise<boolean>;
}

type AdapterConstructor = new (client: unknown, options: { readonly timeout?: number }) => object;

interface Library {
  createRedlock(settings: Readonly<Record<string, unknown>>): Redlock;
  readonly IoredisAdapter: AdapterConstructor;
  readonly NodeRedisAdapter: AdapterConstructor;
}

/** A handle is taken back by an object of its key. */
interface Lock {
  readonly redlock: Redlock;
  readonly handle: Handle;
}

/** Of its adapters, for one answer. */
const defaultTimeoutMs = 5_000;

class RedlockUniversal implements Peer<Lock> {
  readonly decisive;
  readonly #retry: LibraryRetry;
  readonly #timeoutMs: number;

  constructor(
    private readonly library: Library,
    private readonly adapters: readonly object[],
    private readonly servers: LibraryServers,
    private readonly env: StrategyEnv,
    private readonly options: PeerOptions,
  ) {
    this.decisive = adapters.length - majorityOf(adapters.length) + 1;
    this.#retry = libraryRetry(env.retry);
    this.#timeoutMs = isTuned(options) ? options.nodeTimeout : defaultTimeoutMs;
  }

  async acquire(key: string, { ttlMs, waitMs, startMs }: Asked): Promise<Told<Lock>> {
    const { adapters } = this;
    const redlock = this.library.createRedlock({ adapters, key, ttl: ttlMs, ...this.#patience(waitMs) });
    try {
      const handle = await redlock.acquire();
      const { value, acquiredAt, ttl, metadata } = handle;
      const validUntilMs = this.servers.monotonicMs(acquiredAt + ttl);
      const roundMs = metadata.attempts === 1 ? this.env.nowMs() - startMs : null;
      const lock = { redlock, handle };
      return { kind: 'won', lock, token: value, validUntilMs, tries: metadata.attempts, roundMs };
    } catch (error) {
      if (!hasCode(error, 'LOCK_ACQUISITION_FAILED')) throw error;
      const silent = this.#tookTimeouts(startMs, error.attempts);
      return { kind: 'lost', tries: error.attempts, ...(silent ? { why: 'unreachable' } : {}) };
    }
  }

  async release({ redlock, handle }: Lock): Promise<'released' | 'failed' | 'unknown'> {
    const startMs = this.env.nowMs();
    try {
      if (await redlock.release(handle)) return 'released';
    } catch (error) {
      if (!hasCode(error, 'LOCK_RELEASE_FAILED')) throw error;
    }
    return this.#tookTimeouts(startMs, 1) ? 'unknown' : 'failed';
  }

  /** It looks, then extends; the handle stays as it was, so validity is counted as it was when it was acquired. */
  async extend({ lock }: PeerLease<Lock>, ttlMs: number): Promise<number | null> {
    try {
      return (await lock.redlock.extend(lock.handle, ttlMs)) ? this.env.nowMs() + ttlMs : null;
    } catch (error) {
      if (hasCode(error, 'LOCK_EXTENSION_FAILED')) return null;
      throw error;
    }
  }

  #patience(waitMs: number): Readonly<Record<string, number>> {
    // A try is one try in both profiles.
    if (waitMs === 0) return { retryAttempts: 0 };
    // 3 retries, 200 ms.
    if (!isTuned(this.options)) return {};
    // As all wait in this run, but for the jitter: it has none.
    return { retryAttempts: retriesWithin(waitMs, this.#retry), retryDelay: this.#retry.delayMs };
  }

  /** Its adapters stop waiting by themselves, and that no client sees. */
  #tookTimeouts(startMs: number, tries: number): boolean {
    return this.env.nowMs() - startMs >= this.#timeoutMs * Math.max(1, tries);
  }
}

function hasCode(error: unknown, code: string): error is Error & { readonly attempts: number } {
  return error instanceof Error && 'code' in error && error.code === code;
}

async function open(servers: LibraryServers, env: StrategyEnv, options: PeerOptions): Promise<LockSession> {
  const library = await importPackage<Library>('redlock-universal');
  const clients = await servers.connect(clientOptionsFor(options));
  const Adapter = servers.client === 'ioredis' ? library.IoredisAdapter : library.NodeRedisAdapter;
  // How long an answer is waited for. Its default: 5 s, longer than many a lease.
  const its = isTuned(options) ? { timeout: options.nodeTimeout } : {};
  const adapters = clients.map((client) => new Adapter(client, its));
  return new PeerSession(servers, env, new RedlockUniversal(library, adapters, servers, env, options));
}

export default {
  name: 'redlock-universal',
  help: 'redlock-universal 0.8.5, createRedlock: all masters asked at once, all of them waited for',
  engine: 'library',
  topology: 'quorum',
  library: 'redlock-universal',
  clients: ['ioredis', 'node-redis'],
  options: peerOptions(quorumTimeoutMs),
  judge: judgeQuorum({ waitsAsAsked: false }),
  open,
} satisfies LockStrategy<'library', PeerOptions>;
