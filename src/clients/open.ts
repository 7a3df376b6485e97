/** The way in: endpoints become nodes, on the client library of one's choice. Everything else in this folder serves this. */
import { after, yieldTurn } from '../base/clock.js';
import type { ClientName, LockbenchError, NodeFailure, RedisNode, ScriptDecl } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import { RoundMeter } from './meter.js';
import type { LinkSettings } from './link.js';
import type { Meter } from './meter.js';
import { ClientNode } from './node.js';
import { SentinelResolver } from './sentinel-resolver.js';
import { fixedAt } from './whereabouts.js';
import type { Dial } from './wire.js';

export { clientOptions } from './options.js';
export type { Meter } from './meter.js';

export interface ClientSettings {
  /** Bounds connecting and loading the scripts together, for each attempt. */
  readonly connectTimeoutMs: number;
  /** Loaded on every connection before it counts as up. */
  readonly scripts: readonly ScriptDecl[];
  /** How long `openNodes` waits for nodes that are not up yet. */
  readonly readyWaitMs: number;
}

export interface NodeSet {
  readonly nodes: readonly RedisNode[];
  readonly meter: Meter;
  /** Commands on the shared lanes that got no answer, by node and reason; those without are left out. */
  failures(): readonly NodeFailure[];
  /** Ends all connections at once; commands still unanswered fail. */
  close(): Promise<void>;
}

/** Loaded when asked for: each library costs a worker some 100 ms of start. */
const dials: Readonly<Record<ClientName, () => Promise<Dial>>> = {
  ioredis: async () => (await import('./ioredis-wire.js')).dialIoredis,
  'node-redis': async () => (await import('./node-redis-wire.js')).dialNodeRedis,
  pipelined: async () => (await import('./pipelined-wire.js')).dialPipelined,
};

export async function loadClient(client: ClientName): Promise<void> {
  await dials[client]();
}

/**
 * Resolves as soon as every node is up, or after `readyWaitMs` with those that are: a node that is down joins later.
 * Rejects when a server refuses the credentials (UNREACHABLE) or a script (BAD_PLUGIN) meanwhile.
 */
export async function openNodes(
  client: ClientName,
  endpoints: readonly NodeEndpoint[],
  settings: ClientSettings,
): Promise<NodeSet> {
  const library = await dials[client]();
  const dial: LinkSettings['dial'] = (...dialled) => library(...dialled, endpoints.length === 1);
  const meter = new RoundMeter();
  const nodes: ClientNode[] = [];
  const resolvers: SentinelResolver[] = [];
  const close = async (): Promise<void> => {
    for (const one of [...nodes, ...resolvers]) one.close();
    // Sockets are let go of at the end of the turn.
    await yieldTurn();
  };
  const opening = new Promise<void>((resolve, reject: (error: LockbenchError) => void) => {
    const stopTimer = after(settings.readyWaitMs, resolve);
    const up = (): void => {
      if (!nodes.every((node) => node.shared.up)) return;
      stopTimer();
      resolve();
    };
    const refused = (error: LockbenchError): void => {
      stopTimer();
      reject(error);
    };
    const { connectTimeoutMs, scripts } = settings;
    for (const [index, endpoint] of endpoints.entries()) {
      const at =
        endpoint.sentinel === undefined
          ? fixedAt(endpoint)
          : new SentinelResolver(endpoint.sentinel, endpoints, { dial, connectTimeoutMs });
      if (at instanceof SentinelResolver) resolvers.push(at);
      const link = { dial, at, connectTimeoutMs, scripts, meter };
      nodes.push(new ClientNode(index, link, { up, refused }));
    }
    up();
  });
  try {
    await opening;
  } catch (error) {
    await close();
    throw error;
  }
  const failures = (): NodeFailure[] =>
    nodes.flatMap(({ index, shared }) => {
      const { DOWN, RESET, TIMEOUT } = shared.failed;
      const counts: NodeFailure[] = [
        { node: index, code: 'DOWN', count: DOWN },
        { node: index, code: 'RESET', count: RESET },
        { node: index, code: 'TIMEOUT', count: TIMEOUT },
      ];
      return counts.filter(({ count }) => count > 0);
    });
  return { nodes, meter, failures, close };
}
