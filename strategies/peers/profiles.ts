/**
 * The ways in which a published library is run: `default`, with its own defaults and those of its client, as its README
 * shows it; `tuned`, with the client set up as ours is and the library's patience taken from the run, so that locks are
 * compared and not an offline queue. Where neither the library nor its README has a say, both are alike. `pipelined` is `tuned` for
 * speed: with the automatic pipelining of ioredis, what is sent in one turn of the event loop leaves in one write, as it does with
 * ours and, always, on node-redis; and no client keeps a timer for each command, for theirs cost an eighth of a cycle.
 */
import type { LibraryClientOptions, RetryPolicy } from '../../src/contract/index.js';

export interface PeerOptions {
  readonly profile: string;
  readonly nodeTimeout: number;
}

const profile = {
  kind: 'choice',
  default: 'tuned',
  choices: ['tuned', 'pipelined', 'default'],
  help: 'tuned: client and retries as for ours; pipelined: one write a turn, no timers; default: as they come',
} as const;

/**
 * Of one answer among several. More than our redlock waits (50 ms), which goes by the monotonic clock from the write, and sends
 * an unanswered release again: these count from the call on, and what is late for them is lost.
 */
export const quorumTimeoutMs = 200;

/** How long one answer is waited for by the client, in the profile `tuned`. */
export function peerOptions(nodeTimeoutMs: number) {
  return {
    profile,
    nodeTimeout: {
      kind: 'duration',
      default: nodeTimeoutMs,
      minMs: 1,
      maxMs: 60_000,
      help: 'how long an answer is waited for (profile tuned; else clients wait for ever)',
    },
  } as const;
}

export function isTuned(options: PeerOptions): boolean {
  return options.profile !== 'default';
}

/** Nothing is set: offline queue, retries of commands and reconnecting are the client's. */
const clientDefaults: LibraryClientOptions = { ioredis: {}, nodeRedis: {}, reconnectMs: null };

export function clientOptionsFor(options: PeerOptions): LibraryClientOptions {
  if (!isTuned(options)) return clientDefaults;
  const pipelined = options.profile === 'pipelined';
  return {
    ioredis: {
      // As ours: what each of these costs is the same for all.
      protocol: 2,
      family: 0,
      noDelay: true,
      keepAlive: 30_000,
      enableAutoPipelining: pipelined,
      disableClientInfo: true,
      // By default a node that is down costs its lock 20 reconnections, some 10 s, in a queue.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // Nothing is sent twice: a SET that is sent again on a new connection may overtake its own release.
      autoResendUnfulfilledCommands: false,
      // By default a server that says nothing is waited for without end.
      ...(pipelined ? {} : { commandTimeout: options.nodeTimeout }),
      // It costs an INFO for each connection, and commands of the lock wait for it.
      enableReadyCheck: false,
    },
    nodeRedis: {
      // As ours.
      RESP: 2,
      disableClientInfo: true,
      maintNotifications: 'disabled',
      pingInterval: 0,
      // As above.
      disableOfflineQueue: true,
      // Holds until a command is written; the client has no limit for the answer.
      ...(pipelined ? {} : { commandOptions: { timeout: options.nodeTimeout } }),
      socket: { family: 0, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 },
    },
    // As ours.
    reconnectMs: [10, 500],
  };
}

/** What libraries ask for: a delay give or take a jitter, so many times. */
export interface LibraryRetry {
  readonly delayMs: number;
  readonly jitterMs: number;
  /** Retries that the policy allows; null: as many as the wait does. */
  readonly limit: number | null;
}

/** Of a policy whose delays grow, this retry stands for all: libraries know one delay. With 5ms-500ms it is 0 to 40 ms. */
const typicalRetry = 3;
const mostRetries = 10_000;

/** `uniform` and `fixed` come out as they are. */
export function libraryRetry(policy: RetryPolicy): LibraryRetry {
  let limit = 0;
  while (limit < mostRetries && policy.delayMs(limit + 1, () => 0) !== null) limit += 1;
  const typical = Math.min(typicalRetry, limit);
  const [leastMs, mostMs] =
    typical === 0 ? [0, 0] : [policy.delayMs(typical, () => 0) ?? 0, policy.delayMs(typical, () => 1) ?? 0];
  return {
    // Libraries take whole numbers only.
    delayMs: Math.round((leastMs + mostMs) / 2),
    jitterMs: Math.round((mostMs - leastMs) / 2),
    limit: limit === mostRetries ? null : limit,
  };
}

/** For libraries that count their retries and know no time limit: as many as fit into the wait. */
export function retriesWithin(waitMs: number, { delayMs, limit }: LibraryRetry): number {
  const fitting = Math.ceil(waitMs / Math.max(1, delayMs));
  return Math.min(fitting, limit ?? fitting);
}
