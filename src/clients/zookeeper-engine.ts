/** ZooKeeper as an engine: sessions as the design asks for them. Pings, which keep them alive, are not metered: no lock asks for them. */
import { delay, nowMs } from '../base/clock.js';
import { freshSeed } from '../base/random.js';
import { LockbenchError, type NodeFailure, type ZookeeperSession } from '../contract/index.js';
import type { EngineRequest, OpenedEngine } from './engine.js';
import { versionOf } from './options.js';
import { pingShare, silenceShare } from './zookeeper-pulse.js';
import { ZkSession } from './zookeeper-session.js';
import { modeOf } from './zookeeper-words.js';

const lookMs = 5;
/** How many times the limit of one attempt a session is waited for. */
const openPatience = 3;
const codes = ['DOWN', 'RESET', 'TIMEOUT'] as const;

/** What the result tells of the client; of the library only the wire format is used. */
const options = {
  library: 'node-zookeeper-client',
  version: versionOf('node-zookeeper-client'),
  connections: 'our own',
  pingShare,
  silenceShare,
  retries: 0,
  offlineQueue: false,
};

export async function openZookeeperEngine(request: EngineRequest): Promise<OpenedEngine<'zookeeper'>> {
  const { endpoints, connectTimeoutMs, readyWaitMs } = request;
  if (endpoints.length === 0) throw new LockbenchError('BAD_PLAN', 'a design on ZooKeeper needs servers');
  const meter = { commands: 0, roundTrips: 0 };
  const counts = endpoints.map(() => ({ DOWN: 0, RESET: 0, TIMEOUT: 0 }));
  const sessions = new Set<ZkSession>();
  // Clients spread over the nodes.
  let first = freshSeed();
  let serving = false;

  const openSession = async (timeoutMs: number): Promise<ZookeeperSession> => {
    const session = new ZkSession({
      endpoints,
      first: (first += 1),
      timeoutMs,
      connectTimeoutMs,
      meter,
      failed: (node, code) => (counts[node]![code] += 1),
    });
    sessions.add(session);
    session.onEvent((event) => {
      if (event === 'expired') sessions.delete(session);
    });
    await session.ready(openPatience * connectTimeoutMs);
    return session;
  };

  const untilMs = nowMs() + readyWaitMs;
  while (!serving) {
    const modes = await Promise.all(endpoints.map((endpoint) => modeOf(endpoint, connectTimeoutMs).catch(() => null)));
    serving = modes.every((mode) => mode !== null);
    if (nowMs() > untilMs) break;
    if (!serving) await delay(lookMs);
  }
  return {
    name: 'zookeeper',
    engine: { nodes: endpoints.length, openSession },
    meter,
    options,
    isUp: () => (sessions.size === 0 ? serving : [...sessions].every(({ state }) => state === 'connected')),
    answered: async () => void (await Promise.all([...sessions].map((session) => session.answered()))),
    failures: () =>
      counts.flatMap((count, node) =>
        codes.flatMap((code): NodeFailure[] => (count[code] === 0 ? [] : [{ node, code, count: count[code] }])),
      ),
    async close() {
      for (const session of sessions) session.abandon();
      // Good-byes leave at the end of the turn.
      await delay(1);
    },
  };
}
