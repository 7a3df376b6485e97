/** Every strategy for Redis on real servers, with its clients: each behaviour that it claims is a test. */
import { listPlugins } from '../src/base/plugins.js';
import type { Contestant } from '../src/conform/contestant.js';
import type { ClientName, LockStrategy, Options, Topology } from '../src/contract/index.js';
import { testClaims } from './claims.testing.js';

const topologies: Readonly<Record<Topology['kind'], Topology>> = {
  none: { kind: 'none', nodes: 0, replicas: 0 },
  single: { kind: 'single', nodes: 1, replicas: 0 },
  quorum: { kind: 'quorum', nodes: 5, replicas: 0 },
  replicated: { kind: 'replicated', nodes: 1, replicas: 2 },
  sentinel: { kind: 'sentinel', nodes: 1, replicas: 2 },
  cluster: { kind: 'cluster', nodes: 3, replicas: 0 },
};
const retry = { kind: 'uniform', minMs: 1, maxMs: 10, limit: null } as const;

function contestant(strategy: LockStrategy, client: ClientName, settings: Options = {}): Contestant {
  const defaults = Object.entries(strategy.options).map(([key, field]) => [key, field.default] as const);
  const options = { ...Object.fromEntries(defaults), ...settings };
  const topology = topologies[strategy.topology];
  const judgement = strategy.judge(options, topology);
  if ('refused' in judgement) throw new Error(judgement.refused);
  const text = Object.entries(settings).map(([key, value]) => `@${key}=${value}`);
  const { name, engine } = strategy;
  const { claims } = judgement;
  return { label: name + text.join(''), name, file: null, options, engine, client, topology, claims, retry };
}

const strategies = (await listPlugins<LockStrategy>('strategy')).filter(({ engine }) => engine === 'redis');
const redlock = strategies.find(({ name }) => name === 'redlock')!;
/** One design for each thing that a client has to be able to do: scripts, messages, many servers, replicas, sentinels. */
const exacting = ['single-fenced', 'single-notify', 'redlock-fair', 'failover', 'failover-sentinel'];
const contestants = [
  ...(['ioredis', 'pipelined'] as const).flatMap((client) =>
    strategies.map((strategy) => contestant(strategy, client)),
  ),
  ...strategies.filter(({ name }) => exacting.includes(name)).map((strategy) => contestant(strategy, 'node-redis')),
  contestant(redlock, 'ioredis', { quorum: 'all' }),
];
await testClaims(contestants, 1);
