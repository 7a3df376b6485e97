/** One run, wholly decided: frozen, JSON-safe, without secrets. `plan.json` holds it, and a run can be repeated from it. */
import type { Claims, EngineName, Topology } from './strategy.js';
import type { FaultPlan } from './fault.js';
import type { Options } from './options.js';
import type { ThresholdPlan } from './threshold.js';

export const planSchemaVersion = 1;

export type ClientName = LibraryClientName | 'pipelined';

/** The Redis client libraries; `pipelined` is our own. */
export type LibraryClientName = 'ioredis' | 'node-redis';
export type ServersKind = 'auto' | 'process' | 'container' | 'external';
export type Persistence = 'none' | 'everysec' | 'always';
export type Holder = 'guarded' | 'naive';
/** thread: workers share the harness's process, and cells in its memory. process: as separate programs do. */
export type Isolate = 'thread' | 'process';
/** memory: a cell in shared memory, for speed. server: a process of its own that stamps the order of arrival. */
export type ResourcePath = 'none' | 'memory' | 'server';
/** Which operations the resource refuses when it has seen a newer token. */
export type Fencing = 'off' | 'writes' | 'reads+writes';
export type KeyChoice = 'hot' | 'uniform' | 'zipf';

/** full-jitter: uniform below an exponential from minMs to maxMs. uniform: between them. fixed: minMs. */
export interface RetryPlan {
  readonly kind: 'full-jitter' | 'uniform' | 'fixed';
  readonly minMs: number;
  readonly maxMs: number;
  /** Retries after the first try; null: as many as the wait allows. */
  readonly limit: number | null;
}

/** Servers of others' by engine; those of Redis are apart. */
export type Addresses<E extends Endpoint = Endpoint> = Readonly<Partial<Record<EngineName, readonly E[]>>>;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** One contestant: a strategy with its options, client and topology. */
export interface StrategyPlan {
  /** As the table names it: the strategy, with what was set apart from the defaults. Unique within the plan. */
  readonly label: string;
  readonly name: string;
  /** For a strategy given as a path, its file; null for one of ours. */
  readonly file: string | null;
  readonly options: Options;
  readonly engine: EngineName;
  /** Null where the engine has no Redis client. */
  readonly client: ClientName | null;
  readonly topology: Topology;
  readonly retry: RetryPlan;
  readonly claims: Claims;
}

export interface Plan {
  readonly schemaVersion: typeof planSchemaVersion;
  /** Unsigned 32 bits; every random choice of the run comes from it. */
  readonly seed: number;
  readonly strategies: readonly StrategyPlan[];
  readonly repeat: number;
  /** The rounds are trials of one scenario: what counts is in how many of them something was violated. */
  readonly trials: boolean;

  readonly servers: ServersKind;
  readonly image: string;
  readonly persistence: Persistence;
  /** Of Redis. */
  readonly external: readonly Endpoint[];
  /** Of other engines; those that are not named get servers of our own. */
  readonly addresses: Addresses;
  /** Prefix of every key that the run touches. */
  readonly keyPrefix: string;

  readonly isolate: Isolate;
  readonly workers: number;
  /** For each worker. */
  readonly contenders: number;
  readonly keys: number;
  readonly keyChoice: KeyChoice;
  readonly workload: string;
  readonly resource: ResourcePath;
  readonly fencing: Fencing;
  readonly holder: Holder;

  readonly load: string;
  /** Intended arrivals per second over all workers; null for a closed loop. */
  readonly rateHz: number | null;
  readonly durationMs: number;
  readonly warmupMs: number;
  /** Ends the measured window after so many grants (processes are counted from outside: a few more); null: after durationMs. */
  readonly operations: number | null;

  readonly ttlMs: number;
  readonly holdMs: number;
  readonly thinkMs: number;
  readonly waitMs: number;
  /** Extend a held lease every so often; null: never. */
  readonly extendEveryMs: number | null;
  /** How often one lease is extended at most, by designs that set no limit of their own. */
  readonly maxExtensions: number;

  /** Standing round trip added to each server, in the order of roles; the last holds for those beyond. Empty: none. */
  readonly latencyMs: readonly number[];
  readonly faults: readonly FaultPlan[];
  readonly thresholds: readonly ThresholdPlan[];
  /** End early once a threshold cannot be met any more. */
  readonly abortOnFail: boolean;
}
