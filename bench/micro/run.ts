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
import type { Lane, LockStrategy, StrategyEnv, Topology } from '../../src/contract/index.js';
import { retryPolicy } from '../../src/kit/retry.js';
import { openCatalogue } from '../../src/plan/catalogue.js';
import { resolvePlan } from '../../src/plan/resolve.js';
import { ExclusionCells } from '../../src/record/cell.js';
import { Chunk } from '../../src/record/chunks.js';
import { emptyHistogram, recordNs } from '../../src/record/histogram.js';
import { allocateShared } from '../../src/record/shared.js';
import { openRelayThread } from '../../src/relay/thread.js';
import { openServers } from '../../src/servers/provision.js';

const timeMs = 400;
const ttlMs = 10_000;

/** Medians in ns, in the order of the tasks. */
async function group(title: string, fill: (bench: Bench) => void | Promise<void>): Promise<number[]> {
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 4 });
  await fill(bench);
  await bench.run();
  process.stdout.write(`\n${title}\n`);
  const mediansNs: number[] = [];
  for (const { name, result } of bench.tasks) {
    if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`);
    const medianNs = result.latency.p50 * 1e6;
    mediansNs.push(medianNs);
    const ratio = (medianNs / mediansNs[0]).toFixed(2);
    process.stdout.write(
      `  ${name.padEnd(44)} ${medianNs.toFixed(0).padStart(10)} ns  ${ratio.padStart(7)}x  n=${result.latency.samplesCount}\n`,
    );
  }
  return mediansNs;
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
  sentinel: { kind: 'sentinel', nodes: 1, replicas: 2 },
  cluster: { kind: 'cluster', nodes: 3, replicas: 0 },
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
  await relayCost();
} finally {
  await host.close();
}

/** What it costs to reach a server through a relay thread: one PING at a time, and as many as contenders would send. */
async function relayCost(): Promise<void> {
  const servers = await host.provision(topologies.single);
  const relays = await openRelayThread();
  const links = await relays.open([{ name: 'micro', upstream: servers.endpoints[0] }], 1);
  const endpoints = [servers.endpoints[0], links[0].endpoint];
  const sets = await Promise.all(
    endpoints.map((endpoint) =>
      openNodes('ioredis', [endpoint], { connectTimeoutMs: 1000, readyWaitMs: 3000, scripts: [] }),
    ),
  );
  const ping = (lane: Lane): Promise<void> =>
    new Promise((resolve, reject) => {
      lane.send({ name: 'PING', args: [] }, 1000, 0, (_, failure) =>
        failure === null ? resolve() : reject(new Error(failure.message)),
      );
    });
  for (const width of [1, 64]) {
    const [directNs, relayedNs] = await group(`PING, ${width} at a time, ioredis`, (bench) => {
      for (const [i, name] of ['direct', 'through a relay thread'].entries()) {
        const lane = sets[i].nodes[0].shared;
        bench.add(name, async () => {
          await Promise.all(Array.from({ length: width }, () => ping(lane)));
        });
      }
    });
    const addedUs = (relayedNs - directNs) / 1000;
    process.stdout.write(`  the relay adds ${addedUs.toFixed(1)} us, ${(relayedNs / directNs).toFixed(2)}x\n`);
  }
  for (const set of sets) await set.close();
  await relays.close();
  await servers.stop();
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
