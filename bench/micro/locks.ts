/** One uncontended acquire and release by each design, on each client. */
import { after, nowMs } from '../../src/base/clock.js';
import { noCancel } from '../../src/base/cancel.js';
import { listPlugins } from '../../src/base/plugins.js';
import { seededRandom, tokenSource } from '../../src/base/random.js';
import { sleep } from '../../src/base/sleep.js';
import { openNodes } from '../../src/clients/open.js';
import type { LockStrategy, StrategyEnv, Topology } from '../../src/contract/index.js';
import { retryPolicy } from '../../src/kit/retry.js';
import type { ServerHost } from '../../src/servers/provision.js';
import { group } from './group.js';

const ttlMs = 10_000;

const topologies: Readonly<Record<Topology['kind'], Topology>> = {
  none: { kind: 'none', nodes: 0, replicas: 0 },
  single: { kind: 'single', nodes: 1, replicas: 0 },
  quorum: { kind: 'quorum', nodes: 5, replicas: 0 },
  replicated: { kind: 'replicated', nodes: 1, replicas: 2 },
  sentinel: { kind: 'sentinel', nodes: 1, replicas: 2 },
  cluster: { kind: 'cluster', nodes: 3, replicas: 0 },
};

export async function locks(host: ServerHost): Promise<void> {
  for (const client of ['ioredis', 'node-redis', 'pipelined'] as const) {
    const closers: (() => Promise<void>)[] = [];
    await group(`one uncontended acquire and release, ${client}`, 1, async (bench) => {
      for (const strategy of singleFirst(
        (await listPlugins<LockStrategy>('strategy')).filter(({ engine }) => engine === 'redis'),
      )) {
        const servers = await host.provision(topologies[strategy.topology]);
        const nodes = await openNodes(client, servers.endpoints, {
          connectTimeoutMs: 1000,
          readyWaitMs: 3000,
          scripts: strategy.scripts ?? [],
        });
        const options = Object.fromEntries(
          Object.entries(strategy.options).map(([key, field]) => [key, field.default]),
        );
        const session = await strategy.open(nodes.nodes, env(), options);
        bench.add(strategy.name, async () => {
          const outcome = await session.acquire('micro:key', { ttlMs, waitMs: 1000, cancel: noCancel });
          if (outcome.kind !== 'granted') throw new Error(`${strategy.name}: ${outcome.kind}`);
          await session.release(outcome.grant);
        });
        closers.push(async () => {
          await session.close();
          await nodes.close();
          await servers.stop();
        });
      }
    });
    for (const close of closers) await close();
  }
}

/** It is what the others are set beside. */
function singleFirst(strategies: readonly LockStrategy[]): LockStrategy[] {
  const first = (strategy: LockStrategy): boolean => strategy.name === 'single';
  return [...strategies.filter(first), ...strategies.filter((strategy) => !first(strategy))];
}

function env(): StrategyEnv {
  const retry = retryPolicy({ kind: 'fixed', minMs: 1, maxMs: 1, limit: null });
  return { nowMs, after, sleep, random: seededRandom(1), token: tokenSource(), retry };
}
