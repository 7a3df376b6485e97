/**
 * What a lock on a client library cannot do without: SET NX PX, and compare-and-delete, on all servers at once, decided at a
 * majority. No retry, no undoing, no validity beyond the TTL: a lower bound of what a library on that client costs, and no lock
 * to use.
 */
import type {
  AcquireOutcome,
  AcquireRequest,
  Backlog,
  Grant,
  LibraryServers,
  LockSession,
  ReleaseOutcome,
  StrategyEnv,
} from '../../src/contract/index.js';
import { Lease, letGo } from '../../src/kit/lease.js';
import { compareAndDelete } from '../../src/kit/scripts.js';
import { clientOptionsFor, type PeerOptions } from '../../strategies/peers/profiles.js';

interface RawClient {
  /** 'OK' when it was free. */
  set(key: string, token: string, ttlMs: number): Promise<unknown>;
  /** 1 when it was ours. */
  release(key: string, token: string): Promise<unknown>;
}

interface Ioredis {
  script(subcommand: 'LOAD', lua: string): Promise<unknown>;
  set(key: string, token: string, px: 'PX', ttlMs: number, nx: 'NX'): Promise<unknown>;
  evalsha(sha: string, keys: number, key: string, token: string): Promise<unknown>;
}

interface NodeRedis {
  scriptLoad(lua: string): Promise<unknown>;
  set(key: string, token: string, options: { readonly PX: number; readonly NX: true }): Promise<unknown>;
  evalSha(
    sha: string,
    options: { readonly keys: readonly string[]; readonly arguments: readonly string[] },
  ): Promise<unknown>;
}

const { lua, sha } = compareAndDelete;

async function onIoredis(client: Ioredis): Promise<RawClient> {
  await client.script('LOAD', lua);
  return {
    set: (key, token, ttlMs) => client.set(key, token, 'PX', ttlMs, 'NX'),
    release: (key, token) => client.evalsha(sha, 1, key, token),
  };
}

async function onNodeRedis(client: NodeRedis): Promise<RawClient> {
  await client.scriptLoad(lua);
  return {
    set: (key, token, ttlMs) => client.set(key, token, { PX: ttlMs, NX: true }),
    release: (key, token) => client.evalSha(sha, { keys: [key], arguments: [token] }),
  };
}

class RawSession implements LockSession {
  constructor(
    private readonly servers: LibraryServers,
    private readonly env: StrategyEnv,
    private readonly clients: readonly RawClient[],
  ) {}

  async acquire(key: string, { ttlMs }: AcquireRequest): Promise<AcquireOutcome> {
    const token = this.env.token();
    const startMs = this.env.nowMs();
    const granted = await this.#most((client) => client.set(key, token, ttlMs), 'OK');
    const decidedMs = this.env.nowMs();
    if (!granted) return { kind: 'refused', why: 'busy', tries: 1 };
    const grant = new Lease(key, token, startMs + ttlMs, startMs);
    return { kind: 'granted', grant, tries: 1, roundMs: decidedMs - startMs, decidedMs };
  }

  async release(grant: Grant): Promise<ReleaseOutcome> {
    letGo(grant);
    return { kind: (await this.#most((client) => client.release(grant.key, grant.token), 1)) ? 'released' : 'lost' };
  }

  /** Whether a majority gives that answer: known as soon as it does, or no longer can. One that fails has not given it. */
  async #most(ask: (client: RawClient) => Promise<unknown>, yes: unknown): Promise<boolean> {
    const { clients } = this;
    if (clients.length === 1) return (await ask(clients[0]!)) === yes;
    const quorum = Math.floor(clients.length / 2) + 1;
    return new Promise((resolve) => {
      let yeses = 0;
      let noes = 0;
      const no = (): void => {
        noes += 1;
        if (noes > clients.length - quorum) resolve(false);
      };
      const answered = (reply: unknown): void => {
        if (reply !== yes) no();
        else if ((yeses += 1) === quorum) resolve(true);
      };
      for (const client of clients) ask(client).then(answered, no);
    });
  }

  quiesce = (): Promise<void> => this.servers.answered();
  backlog = (): Backlog => ({ pending: 0, peak: 0, dropped: 0 });
  close = (): Promise<void> => Promise.resolve();
}

export async function openRaw(servers: LibraryServers, env: StrategyEnv, options: PeerOptions): Promise<LockSession> {
  const clients = await servers.connect(clientOptionsFor(options));
  const adapted =
    servers.client === 'ioredis' ? (clients as Ioredis[]).map(onIoredis) : (clients as NodeRedis[]).map(onNodeRedis);
  return new RawSession(servers, env, await Promise.all(adapted));
}
