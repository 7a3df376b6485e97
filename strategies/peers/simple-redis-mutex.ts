/**
 * simple-redis-mutex 3.0.0: one Redis, waiters woken by pub/sub. Source: its README, "Usage".
 *
 * It keeps one subscriber and one list of waiters for a whole process, and so is made for one client in it: each session gets
 * an instance of the package of its own. When it tried, and how often, is seen by its SETs; it promises the lock for the
 * timeout that it sets there. It cannot be told that nobody waits any more.
 */
import type { LibraryServers, LockSession, LockStrategy, StrategyEnv } from '../../src/contract/index.js';
import { noCancel } from '../../src/base/cancel.js';
import { freshPackage } from '../../src/base/packages.js';
import { judgeSingle } from './claims.js';
import { clientOptionsFor, isTuned, libraryRetry, peerOptions, type PeerOptions } from './profiles.js';
import { PeerSession, type Asked, type Peer, type PeerLease, type Told } from './session.js';

/** Releases, and more. */
interface Release {
  (): Promise<void>;
  readonly fencingToken: number;
  /** Sets the timeout of the acquire anew. Does not say whether it could. */
  refreshTimeout(): Promise<void>;
}

interface LockOptions {
  readonly timeout: number;
  readonly pollingInterval?: number;
  readonly failAfter?: number;
}

interface Library {
  tryLock(redis: Client, name: string, options: LockOptions): Promise<readonly [boolean, Release]>;
  lock(redis: Client, name: string, options: LockOptions): Promise<Release>;
}

/** What it uses of node-redis, and how both are closed. */
interface Subscriber {
  readonly isOpen: boolean;
  destroy(): void;
}

const methods = ['duplicate', 'on', 'set', 'get', 'incr', 'pExpire', 'scriptLoad', 'evalSha'] as const;
type Methods = Readonly<Record<(typeof methods)[number], (...args: readonly unknown[]) => unknown>>;
type Client = Subscriber & Methods;

/** Less than anybody waits for a session to close. */
const closeLimitMs = 500;
const closeStepMs = 5;

class SimpleRedisMutex implements Peer<Release> {
  readonly decisive = 1;
  #grants = 0;
  /** Which it has made of our client, to listen on. */
  readonly #subscribers = new Set<Subscriber>();

  constructor(
    private readonly library: Library,
    private readonly client: Client,
    private readonly env: StrategyEnv,
    private readonly options: PeerOptions,
  ) {}

  async acquire(key: string, { ttlMs, waitMs, startMs }: Asked): Promise<Told<Release>> {
    let tries = 0;
    let wonMs: number | null = null;
    // It does not wait for one answer before it asks again: the lock runs from the SET that took it, not from the last.
    const onSet = (): ((reply: unknown) => void) => {
      tries += 1;
      const sentMs = this.env.nowMs();
      return (reply) => void (wonMs ??= reply === 'OK' ? sentMs : null);
    };
    const redis = overheard(this.client, onSet, (subscriber) => this.#subscribers.add(subscriber));
    const release = await this.#ask(redis, key, ttlMs, waitMs);
    if (release === null) return { kind: 'lost', tries };
    this.#grants += 1;
    const beganMs = wonMs ?? startMs;
    return {
      kind: 'won',
      lock: release,
      // It keeps its value to itself.
      token: `${release.fencingToken}-${this.#grants}`,
      validUntilMs: beganMs + ttlMs,
      tries,
      roundMs: this.env.nowMs() - beganMs,
      fence: BigInt(release.fencingToken),
    };
  }

  async #ask(redis: Client, key: string, ttlMs: number, waitMs: number): Promise<Release | null> {
    if (waitMs === 0) {
      const [isOurs, release] = await this.library.tryLock(redis, key, { timeout: ttlMs });
      return isOurs ? release : null;
    }
    // As all wait in this run, and at once when it hears of a release. Its default: 10 s.
    const { delayMs } = libraryRetry(this.env.retry);
    const polling = isTuned(this.options) ? { pollingInterval: Math.max(1, delayMs) } : {};
    try {
      return await this.library.lock(redis, key, { timeout: ttlMs, failAfter: waitMs, ...polling });
    } catch (error) {
      if (error instanceof Error && error.message.includes('could not be acquired after')) return null;
      throw error;
    }
  }

  /** It says nothing, whatever came of it. */
  async release(release: Release): Promise<'released'> {
    await release();
    return 'released';
  }

  /** By the timeout of the acquire only. It says nothing, whatever came of it. */
  async extend({ lock, ttlMs }: PeerLease<Release>, wantedMs: number): Promise<number | 'refused'> {
    if (wantedMs !== ttlMs) return 'refused';
    const startMs = this.env.nowMs();
    await lock.refreshTimeout();
    return startMs + ttlMs;
  }

  /** It closes its subscriber when our client ends, and takes a moment for it. */
  async close(): Promise<void> {
    if (!this.client.isOpen) return;
    this.client.destroy();
    const untilMs = this.env.nowMs() + closeLimitMs;
    const open = (): boolean => [...this.#subscribers].some(({ isOpen }) => isOpen);
    while (open() && this.env.nowMs() < untilMs) await this.env.sleep(closeStepMs, noCancel);
  }
}

/** The same client, with an ear at its SET, and an eye on its duplicates. */
function overheard(
  client: Client,
  onSet: () => (reply: unknown) => void,
  onDuplicate: (subscriber: Subscriber) => void,
): Client {
  const passed = methods.map((name) => [name, (...args: readonly unknown[]) => client[name](...args)] as const);
  return {
    ...(Object.fromEntries(passed) as Methods),
    isOpen: client.isOpen,
    destroy: () => client.destroy(),
    set: async (...args) => {
      const onReply = onSet();
      const reply = await client.set(...args);
      onReply(reply);
      return reply;
    },
    duplicate: (...args) => {
      const subscriber = client.duplicate(...args);
      onDuplicate(subscriber as Subscriber);
      return subscriber;
    },
  };
}

async function open(servers: LibraryServers, env: StrategyEnv, options: PeerOptions): Promise<LockSession> {
  const library = freshPackage<Library>('simple-redis-mutex');
  const [client] = (await servers.connect(clientOptionsFor(options))) as readonly Client[];
  return new PeerSession(servers, env, new SimpleRedisMutex(library, client!, env, options));
}

export default {
  name: 'simple-redis-mutex',
  help: 'simple-redis-mutex 3.0.0: one Redis, waiters woken by pub/sub, with fencing tokens',
  engine: 'library',
  topology: 'single',
  library: 'simple-redis-mutex',
  clients: ['node-redis'],
  options: peerOptions(500),
  redisKey: (key) => `@simple-redis-mutex:lock-${key}`,
  judge: judgeSingle({ fences: true, waitsAsAsked: false }),
  open,
} satisfies LockStrategy<'library', PeerOptions>;
