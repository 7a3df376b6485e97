/** What the author of a lock design writes: one file, default export, `satisfies LockStrategy<...>`. */
import type { Cancel, Failure, RedisNode, ScriptDecl } from './redis.js';
import type { EtcdCluster } from './etcd.js';
import type { LibraryServers } from './library.js';
import type { Options, OptionSpec } from './options.js';
import type { ClientName } from './plan.js';
import type { SqlServer } from './postgres.js';
import type { ZookeeperEnsemble } from './zookeeper.js';

export type TopologyKind = 'none' | 'single' | 'quorum' | 'replicated' | 'sentinel' | 'cluster';

/**
 * none: no server. single: one. quorum: `nodes` independent masters. replicated: a primary and `replicas`. sentinel: the
 * same, watched by `sentinelCount` sentinels who promote a replica when the primary is gone. cluster: `nodes` that agree
 * among themselves.
 */
export interface Topology {
  readonly kind: TopologyKind;
  readonly nodes: number;
  readonly replicas: number;
}

/** Two of them must agree that the primary is down, and elect who promotes. */
export const sentinelCount = 3;

/** What a design promises with these options on this topology. Judged, not declared: `quorum=1` promises less than a majority. */
export interface Claims {
  /** At no time do two contenders hold current validity for one key (assuming the topology's own failure model). */
  readonly exclusion: boolean;
  /** A lock whose holder died becomes available again by itself. */
  readonly expires: boolean;
  /** Only the holder's own release frees the lock. */
  readonly ownerRelease: boolean;
  /** So many nodes may be unreachable and the lock can still be had. */
  readonly toleratesDown: number;
  /** So many nodes may lose their data at once and exclusion still holds. */
  readonly toleratesLoss: number;
  /** How long nobody may get the lock while it gets over what it tolerates, where others must decide first. Absent: not at all. */
  readonly recoversMs?: number;
  /** Every grant carries a fencing token, larger than those of all grants before it. Absent: it mints none. */
  readonly fences?: boolean;
  /**
   * 'session': the lease ends with the holder's session at the server, however long it was asked for; `expires` is then about
   * the server noticing that the holder is dead. 'renewed': the design itself keeps it alive for as long as its holder lives;
   * only then does it end, at its TTL. Absent: it ends at its TTL.
   */
  readonly lease?: 'session' | 'renewed';
  /** The lock is in the servers' memory alone: whatever they write to disk, a restart forgets it. */
  readonly volatile?: boolean;
  /**
   * Waiters get the lock in the order in which they asked; a newcomer overtakes none of them. One that is dead, or has given up,
   * is passed over; one that stands still keeps the others waiting for its own TTL at most. Absent: in any order.
   */
  readonly fifo?: boolean;
  /** A wait lasts as long as it was asked to, tries as often, and ends when it is cancelled. Absent: so it is. */
  readonly waitsAsAsked?: boolean;
}

export interface TtlRules {
  readonly minMs: number;
  readonly maxMs: number;
}

/** The engines a design can be written for, each with a narrow port of its own. */
export interface Engines {
  readonly redis: readonly RedisNode[];
  readonly postgres: SqlServer;
  readonly etcd: EtcdCluster;
  readonly zookeeper: ZookeeperEnsemble;
  /** For published lock libraries, which use a Redis client in their own way. */
  readonly library: LibraryServers;
}

export type EngineName = keyof Engines;

/** How long to wait before the next try. Its random numbers come from the run's seed. */
export interface RetryPolicy {
  /** Delay in ms before retry number `retry` (1 is the first), or null when no retry is left. */
  delayMs(retry: number, random: () => number): number | null;
}

/** The only clock, timer, random source and token source that a design may use. */
export interface StrategyEnv {
  /** Monotonic, in ms with fractions; shared by all threads and processes of one machine. */
  nowMs(): number;
  /** Runs `fn` after `ms`; returns the way to prevent it. */
  after(ms: number, fn: () => void): () => void;
  /** Resolves after `ms`, or at once when cancelled. */
  sleep(ms: number, cancel: Cancel): Promise<void>;
  /** Uniform in [0, 1). */
  random(): number;
  /** Unique for every call in every process: 32 hexadecimal digits. */
  token(): string;
  readonly retry: RetryPolicy;
}

/** Without a type argument: a design for any engine, as a catalogue holds them. */
export interface LockStrategy<E extends EngineName = EngineName, O = Options> {
  /** Equal to the file's name. */
  readonly name: string;
  /** One line for `bench list`. */
  readonly help: string;
  readonly engine: E;
  readonly topology: TopologyKind;
  readonly options: OptionSpec<O>;
  /** The Redis clients that it can run on, its favourite first; absent: on any. Nothing to engines that have no such client. */
  readonly clients?: readonly [ClientName, ...ClientName[]];
  /** Loaded on every connection before its node counts as up. */
  readonly scripts?: readonly ScriptDecl[];
  /** Of a published library: the npm package, as it is named here. Imported when it is used, and not before. */
  readonly library?: string;
  /** Where a lock of that name is kept in Redis; absent: under its name. */
  redisKey?(key: string): string;
  /**
   * What follows a lock's name in the names of its standing keys: those that outlive every lock on purpose, such as a counter
   * of fencing tokens. They begin with the lock's name, so the run removes them with the rest; they are no keys left behind.
   */
  readonly standingSuffixes?: readonly string[];
  /** Pure: what these options promise on this topology, or why they cannot run on it. */
  judge(options: O, topology: Topology): Judgement;
  open(engine: Engines[E], env: StrategyEnv, options: O): Promise<LockSession>;
}

export type Judgement = { readonly claims: Claims; readonly ttl: TtlRules } | { readonly refused: string };

export interface AcquireRequest {
  readonly ttlMs: number;
  /** How long a busy lock is waited for; 0 means one try. */
  readonly waitMs: number;
  readonly cancel: Cancel;
}

/** One for each worker, shared by its contenders. */
export interface LockSession {
  acquire(key: string, request: AcquireRequest): Promise<AcquireOutcome>;
  /** Idempotent. 'lost': it was no longer ours. 'unknown': the answer did not come. */
  release(grant: Grant): Promise<ReleaseOutcome>;
  /** Of a lease that is over by then it asks nobody: it tells the holder (`Grant.onLost`) and answers 'lost'. */
  extend?(grant: Grant, ttlMs: number): Promise<ExtendOutcome>;
  /**
   * Resolves when no straggler is under way and no release is owed to a server that is up: only now can "no key left behind" be
   * tested. A server that stands still holds it up for as long: bound the wait.
   */
  quiesce(): Promise<void>;
  /** Releases owed, answers outstanding: the backlog of stragglers. */
  backlog(): Backlog;
  close(): Promise<void>;
}

export interface Backlog {
  readonly pending: number;
  /** Highest seen. */
  readonly peak: number;
  /** Given up because the bound was reached; their keys live until TTL. */
  readonly dropped: number;
}

/** `tries` counts the rounds of the strategy; `roundMs` is how long the round that was granted took, up to `decidedMs`: the
 * clock as the design read it last, to see that validity was not over. What comes after is the program's own delay. Null: a
 * library that tries again by itself does not tell when the round began that was granted. */
export type AcquireOutcome =
  | {
      readonly kind: 'granted';
      readonly grant: Grant;
      readonly tries: number;
      readonly roundMs: number | null;
      readonly decidedMs: number;
      /** It stood in a queue of the server's, so its round was a wait for others, and tells nothing of what the lock costs. */
      readonly queued?: boolean;
    }
  | { readonly kind: 'refused'; readonly why: RefusedWhy; readonly tries: number }
  | { readonly kind: 'cancelled'; readonly tries: number }
  | { readonly kind: 'unknown'; readonly failure: Failure; readonly tries: number };

/** busy: somebody else holds it. too-late: the answers came when validity was over. unreachable: not enough nodes answered. */
export type RefusedWhy = 'busy' | 'too-late' | 'unreachable';

export type ReleaseOutcome =
  { readonly kind: 'released' | 'lost' } | { readonly kind: 'unknown'; readonly failure: Failure };

/** refused: not tried, for the design does not extend, or not so often; the lease stays as it was. */
export type ExtendOutcome =
  { readonly kind: 'extended'; readonly validUntilMs: number } | { readonly kind: 'lost' | 'unknown' | 'refused' };

export interface Grant {
  readonly key: string;
  readonly token: string;
  /** On the clock of `StrategyEnv.nowMs`; moves when the lease is extended. Infinity for a lock without expiry. */
  readonly validUntilMs: number;
  readonly fence?: bigint;
  /** Tells that the lease was lost while held; at once when it already is. Returns the way to stop listening. */
  onLost(listener: () => void): () => void;
}
