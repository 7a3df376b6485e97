/**
 * The one way from endpoints to what a design's `open` is given, whatever engine it is written for. One file for each engine,
 * loaded when it is needed.
 */
import {
  LockbenchError,
  type ClientName,
  type EngineName,
  type Engines,
  type NodeFailure,
  type ScriptDecl,
  type StrategyPlan,
} from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import type { Meter } from './meter.js';

export interface EngineSettings {
  /** Bounds connecting, with whatever has to be done before a connection can be used, for each attempt. */
  readonly connectTimeoutMs: number;
  /** How long servers that are not up yet are waited for; the others join later. */
  readonly readyWaitMs: number;
  /** For engines that load them; the others have none. */
  readonly scripts: readonly ScriptDecl[];
}

interface Opened<E extends EngineName> {
  readonly name: E;
  readonly engine: Engines[E];
  readonly meter: Meter;
  /** The library (`library`, `version`) and every option that changes what it does; no address, no secret. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether every server can be talked to at present. */
  isUp(): boolean;
  /** Resolves when all that was sent before on the connections that are shared is answered, or will not be. */
  answered(): Promise<void>;
  /** Commands that got no answer, by node and reason; those without are left out. */
  failures(): readonly NodeFailure[];
  /** Ends all connections at once; commands still unanswered fail. */
  close(): Promise<void>;
}

/** What `LockStrategy.open` gets is `engine`; the rest is for whoever runs the design. */
export type OpenedEngine<E extends EngineName = EngineName> = { readonly [N in E]: Opened<N> }[E];

export interface EngineRequest extends EngineSettings {
  readonly client: ClientName | null;
  readonly endpoints: readonly NodeEndpoint[];
}

/** Resolves when all servers are up, or after `readyWaitMs`. Rejects with UNREACHABLE where one refuses the credentials. */
export type EngineOpener<E extends EngineName> = (request: EngineRequest) => Promise<OpenedEngine<E>>;

const openers: { readonly [E in EngineName]: () => Promise<EngineOpener<E>> } = {
  redis: async () => (await import('./redis-engine.js')).openRedisEngine,
  postgres: async () => (await import('./postgres-engine.js')).openPostgresEngine,
  etcd: async () => (await import('./etcd-engine.js')).openEtcdEngine,
  zookeeper: async () => (await import('./zookeeper-engine.js')).openZookeeperEngine,
  library: async () => (await import('./library-engine.js')).openLibraryEngine,
};

export async function openEngine(
  { engine, client }: Pick<StrategyPlan, 'engine' | 'client'>,
  endpoints: readonly NodeEndpoint[],
  settings: EngineSettings,
): Promise<OpenedEngine> {
  const open = (await openers[engine]()) as (request: EngineRequest) => Promise<OpenedEngine>;
  return open({ ...settings, client, endpoints });
}

/** What opening it will need, ahead of time. */
export async function loadEngine({ engine, client }: Pick<StrategyPlan, 'engine' | 'client'>): Promise<void> {
  const loading = openers[engine]();
  if (engine === 'redis' && client !== null) await (await import('./open.js')).loadClient(client);
  await loading;
}

/** Of designs that run on one. */
export function clientOf({ client }: EngineRequest): ClientName {
  if (client !== null) return client;
  throw new LockbenchError('BAD_PLAN', 'the plan names no Redis client for a design that needs one');
}
