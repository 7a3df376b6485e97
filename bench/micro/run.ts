/**
 * `npm run bench:micro`: what the parts cost, by tinybench. Absolute times belong to this machine and this minute; the last
 * column sets each beside the group's first.
 */
import { Bench } from 'tinybench';
import { after, nowMs } from '../../src/base/clock.js';
import { noCancel } from '../../src/base/cancel.js';
import { listPlugins } from '../../src/base/plugins.js';
import { seededRandom, tokenSource } from '../../src/base/random.js';
import { sleep } from '../../src/base/sleep.js';
import { openNodes } from '../../src/clients/open.js';
import type { LockStrategy, StrategyEnv, Topology } from '../../src/contract/index.js';
import { retryPolicy } from '../../src/kit/retry.js';
import { openCatalogue } from '../../src/plan/catalogue.js';
import { resolvePlan } from '../../src/plan/resolve.js';
import { ExclusionCells } from '../../src/record/cell.js';
import { Chunk } from '../../src/record/chunks.js';
import { emptyHistogram, recordNs } from '../../src/record/histogram.js';
import { allocateShared } from '../../src/record/shared.js';
import { openServers } from '../../src/servers/provision.js';

const timeMs = 400;
const ttlMs = 10_000;

async function group(title: string, fill: (bench: Bench) => void | Promise<void>): Promise<void> {
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 4 });
  await fill(bench);
  await bench.run();
  process.stdout.write(`\n${title}\n`);
  let firstNs: number | null = null;
  for (const { name, result } of bench.tasks) {
    if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`);
    const medianNs = result.latency.p50 * 1e6;
    firstNs ??= medianNs;
    const ratio = (medianNs / firstNs).toFixed(2);
    process.stdout.write(
      `  ${name.padEnd(44)} ${medianNs.toFixed(0).padStart(10)} ns  ${ratio.padStart(7)}x  n=${result.latency.samplesCount}\n`,
    );
  }
}

/** So many operations in one sample: a single one is shorter than a look at the clock. */
const batch = 1000;

await group(`recorder, ${batch} times`, (bench) => {
  const counts = emptyHistogram();
  const values = Float64Array.from({ length: batch }, (_, i) => (i * 7919) % 5_000_000);
  const row = {
    enterNs: 1e15,
    leaveNs: 1e15,
    validUntilNs: 1e15,
    sendDelayNs: 0,
    acquireNs: 1e6,
    releaseNs: 1e6,
    key: 0,
    contender: 0,
    flags: 1,
  };
  const cells = new ExclusionCells(allocateShared({ workers: 1, contenders: 1, keys: 1 }), true);
  bench.add('histogram: record', () => {
    for (let i = 0; i < batch; i += 1) recordNs(counts, values[i]);
  });
  bench.add('chunk: add a row', () => {
    let chunk = new Chunk();
    for (let i = 0; i < batch; i += 1) {
      if (chunk.full) chunk = new Chunk();
      chunk.add(row);
    }
  });
  bench.add('cell: enter and leave', () => {
    for (let i = 0; i < batch; i += 1) {
      cells.enter(0, 0, 1e15, 1e15);
      cells.leave(0, 0);
    }
  });
});

const catalogue = await openCatalogue();
await group('plan', (bench) => {
  bench.add('resolve the default plan', () => {
    resolvePlan({}, catalogue, [], 1);
  });
  bench.add('resolve five contestants', () => {
    resolvePlan({ strategy: 'setnx,single,failover,redlock,redlock@quorum=all' }, catalogue, [], 1);
  });
});

const topologies: Readonly<Record<Topology['kind'], Topology>> = {
  none: { kind: 'none', nodes: 0, replicas: 0 },
  single: { kind: 'single', nodes: 1, replicas: 0 },
  quorum: { kind: 'quorum', nodes: 5, replicas: 0 },
  replicated: { kind: 'replicated', nodes: 1, replicas: 2 },
};

const host = await openServers({
  kind: 'auto',
  image: 'redis:8-alpine',
  persistence: 'none',
  external: [],
  keyPrefix: 'micro:',
});
try {
  for (const client of ['ioredis', 'node-redis'] as const) {
    const closers: (() => Promise<void>)[] = [];
    await group(`one uncontended acquire and release, ${client}`, async (bench) => {
      for (const strategy of singleFirst(await listPlugins<LockStrategy>('strategy'))) {
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
} finally {
  await host.close();
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
