/**
 * For looking after a ZooKeeper, not for locking: four-letter words, and a session of its own where nodes are looked at. A frozen
 * server still completes connections, so only an answer counts.
 */
import { LockbenchError, type Reply, type ZookeeperAnswer } from '../contract/index.js';
import type { Admin } from './admin.js';
import type { NodeEndpoint } from './endpoint.js';
import { passwordOf } from './zookeeper-password.js';
import { ZkSession } from './zookeeper-session.js';
import type { Identity } from './zookeeper-wire.js';
import { ask, modeIn, unreachable } from './zookeeper-words.js';

/** The session for looking at nodes; pings keep it. */
const sessionMs = 10_000;
const allGone: ReadonlySet<string> = new Set(['no-node', 'not-empty']);

type Command = (...args: readonly (string | number)[]) => Promise<Reply>;

export async function openZookeeperAdmin(endpoint: NodeEndpoint, limitMs: number): Promise<Admin> {
  let session: Promise<ZkSession> | null = null;
  const nodes = (): Promise<ZkSession> => {
    session ??= opened(endpoint, limitMs).then((one) => {
      one.onEvent((event) => {
        if (event === 'expired') session = null;
      });
      return one;
    });
    session.catch(() => (session = null));
    return session;
  };
  const commands: Readonly<Record<string, Command>> = {
    PING: async () => {
      const answer = await ask('ruok', endpoint, limitMs);
      // What is not on the whitelist is refused in words: an answer all the same.
      if (answer === '') throw unreachable(endpoint, 'ruok was not answered');
      return 'PONG';
    },
    /** "standalone", "leader", "follower"; nothing of a server that does not serve at present. */
    ROLE: async () => modeIn(await ask('srvr', endpoint, limitMs)) ?? '',
    WORD: (word) => ask(String(word), endpoint, limitMs),
    CHILDREN: async (path) => {
      const one = await nodes();
      valueOf(await one.sync('/', limitMs));
      const answer = await one.children(String(path), limitMs);
      return answer.failure?.refusal === 'no-node' ? [] : valueOf(answer);
    },
    /** The session that an ephemeral node belongs to. */
    OWNER: async (path) => {
      const answer = await (await nodes()).get(String(path), null, limitMs);
      return answer.failure?.refusal === 'no-node' ? null : valueOf(answer).owner;
    },
    /** 1 when it is gone by this. */
    DELETE: async (path) => {
      const answer = await (await nodes()).delete(String(path), limitMs);
      if (answer.failure !== null && !allGone.has(String(answer.failure.refusal))) valueOf(answer);
      return answer.failure === null ? 1 : 0;
    },
    /** Takes the session over and closes it, as if its time were up. 0 when there is none. */
    EXPIRE: (id) => expire(endpoint, String(id), limitMs),
  };
  await commands['PING']!();
  return {
    async call(name, ...args) {
      const command = commands[name];
      if (command === undefined) throw new LockbenchError('BAD_PLAN', `ZooKeeper has no command ${name}`);
      return command(...args);
    },
    // No connection is kept that could be lost unasked.
    onLost: () => {},
    close: () => void session?.then((one) => one.abandon()).catch(() => {}),
  };
}

async function expire(endpoint: NodeEndpoint, id: string, limitMs: number): Promise<number> {
  const identity = { id: Buffer.from(id, 'hex'), password: passwordOf(BigInt(`0x${id}`)) };
  const session = await opened(endpoint, limitMs, identity).catch(() => null);
  if (session === null || session.id !== id) return 0;
  await session.close();
  return 1;
}

function opened(endpoint: NodeEndpoint, limitMs: number, identity?: Identity): Promise<ZkSession> {
  const session = new ZkSession({
    endpoints: [endpoint],
    first: 0,
    timeoutMs: sessionMs,
    connectTimeoutMs: limitMs,
    meter: { commands: 0, roundTrips: 0 },
    failed: () => {},
    ...(identity === undefined ? {} : { identity }),
  });
  return session.ready(limitMs).then(() => session);
}

function valueOf<T>({ failure, value }: ZookeeperAnswer<T>): T {
  if (failure !== null) throw new LockbenchError('UNREACHABLE', failure.message);
  return value;
}
