/** Every strategy on real servers, with both clients: what each claims, and what each must do whatever it claims. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CancelSource, noCancel } from '../src/base/cancel.js';
import { after, delay, nowMs } from '../src/base/clock.js';
import { listPlugins } from '../src/base/plugins.js';
import { seededRandom, tokenSource } from '../src/base/random.js';
import { sleep } from '../src/base/sleep.js';
import { openNodes, type NodeSet } from '../src/clients/open.js';
import type {
  AcquireOutcome,
  Grant,
  LockSession,
  LockStrategy,
  Options,
  StrategyEnv,
  Topology,
} from '../src/contract/index.js';
import { retryPolicy } from '../src/kit/retry.js';
import { call } from '../src/kit/send.js';
import { openServers, type Provisioned, type ServerHost } from '../src/servers/provision.js';

const topologies: Readonly<Record<Topology['kind'], Topology>> = {
  none: { kind: 'none', nodes: 0, replicas: 0 },
  single: { kind: 'single', nodes: 1, replicas: 0 },
  quorum: { kind: 'quorum', nodes: 5, replicas: 0 },
  replicated: { kind: 'replicated', nodes: 1, replicas: 2 },
};

const keyPrefix = 'contract:';
let host: ServerHost;
beforeAll(async () => {
  host = await openServers({ kind: 'auto', image: 'redis:8-alpine', persistence: 'none', external: [], keyPrefix });
});
afterAll(() => host.close());

let keys = 0;
const freshKey = (): string => `${keyPrefix}${(keys += 1)}`;

function env(): StrategyEnv {
  const retry = retryPolicy({ kind: 'uniform', minMs: 1, maxMs: 10, limit: null });
  return { nowMs, after, sleep, random: seededRandom(1), token: tokenSource(), retry };
}

function defaultsOf(strategy: LockStrategy): Options {
  return Object.fromEntries(Object.entries(strategy.options).map(([key, field]) => [key, field.default]));
}

interface Bench {
  readonly session: LockSession;
  readonly nodes: NodeSet;
}

async function open(
  strategy: LockStrategy,
  servers: Provisioned,
  client: 'ioredis' | 'node-redis',
  options: Options = {},
): Promise<Bench> {
  const nodes = await openNodes(client, servers.endpoints, {
    connectTimeoutMs: 1000,
    readyWaitMs: 3000,
    scripts: strategy.scripts ?? [],
  });
  return { nodes, session: await strategy.open(nodes.nodes, env(), { ...defaultsOf(strategy), ...options }) };
}

async function shut({ session, nodes }: Bench): Promise<void> {
  await session.close();
  await nodes.close();
}

function granted(outcome: AcquireOutcome): Grant {
  expect(outcome, JSON.stringify(outcome)).toMatchObject({ kind: 'granted' });
  return (outcome as { grant: Grant }).grant;
}

const ttlMs = 5000;
const once = { ttlMs, waitMs: 0, cancel: noCancel };

async function valuesOf(nodes: NodeSet, key: string): Promise<unknown[]> {
  return Promise.all(
    nodes.nodes.map(async (node) => (await call(node.shared, { name: 'GET', args: [key] }, 2000)).reply),
  );
}

/** A test of what a design does not claim is none: it is left out, not skipped. */
const claimed = (claims: boolean): typeof it | (() => void) => (claims ? it : () => {});

const strategies = await listPlugins<LockStrategy>('strategy');
const cases = strategies.flatMap((strategy) =>
  (['ioredis', 'node-redis'] as const).map((client) => [strategy.name, client, strategy] as const),
);

describe.each(cases)('%s on %s', (_, client, strategy) => {
  const judgement = strategy.judge(defaultsOf(strategy), topologies[strategy.topology]);
  if ('refused' in judgement) throw new Error(judgement.refused);
  const { claims } = judgement;
  let servers: Provisioned;
  let one: Bench;
  let other: Bench;

  beforeAll(async () => {
    servers = await host.provision(topologies[strategy.topology]);
    [one, other] = await Promise.all([open(strategy, servers, client), open(strategy, servers, client)]);
  });
  afterEach(async () => {
    await Promise.all([one.session.quiesce(), other.session.quiesce()]);
  });
  afterAll(async () => {
    await Promise.all([shut(one), shut(other)]);
    await servers.stop();
  });

  it('grants a free lock once asked, with a token of its own, and takes it back', async () => {
    const grants = [];
    for (let i = 0; i < 5; i += 1) grants.push(granted(await one.session.acquire(freshKey(), once)));
    expect(new Set(grants.map(({ token }) => token)).size).toBe(5);
    for (const grant of grants) expect(await one.session.release(grant)).toEqual({ kind: 'released' });
  });

  claimed(claims.exclusion)('refuses a held lock, grants another, and grants it again after release', async () => {
    const key = freshKey();
    const grant = granted(await one.session.acquire(key, once));
    expect(grant.validUntilMs).toBeGreaterThan(nowMs());
    expect(await other.session.acquire(key, once)).toEqual({ kind: 'refused', why: 'busy', tries: 1 });
    await other.session.release(granted(await other.session.acquire(freshKey(), once)));
    expect(await one.session.release(grant)).toEqual({ kind: 'released' });
    await one.session.quiesce();
    expect(await other.session.release(granted(await other.session.acquire(key, once)))).toEqual({ kind: 'released' });
  });

  claimed(claims.exclusion)('lets at most one of many simultaneous tries win', async () => {
    for (let round = 0; round < 20; round += 1) {
      const key = freshKey();
      const tries = Array.from({ length: 6 }, (__, i) => (i % 2 === 0 ? one : other).session.acquire(key, once));
      const outcomes = await Promise.all(tries);
      expect(outcomes.filter(({ kind }) => kind === 'granted').length).toBeLessThanOrEqual(1);
    }
  });

  claimed(claims.exclusion)('gives a waiter the lock when it is released, and leaves no key behind', async () => {
    const key = freshKey();
    const grant = granted(await one.session.acquire(key, once));
    const waiting = other.session.acquire(key, { ttlMs, waitMs: 5000, cancel: noCancel });
    await delay(30);
    await one.session.release(grant);
    await other.session.release(granted(await waiting));
    await Promise.all([one.session.quiesce(), other.session.quiesce()]);
    expect((await valuesOf(one.nodes, key)).filter((value) => value !== null)).toEqual([]);
  });

  claimed(claims.exclusion)('gives up a wait when it is cancelled, and does not take the lock later', async () => {
    const key = freshKey();
    const grant = granted(await one.session.acquire(key, once));
    const cancel = new CancelSource();
    const waiting = other.session.acquire(key, { ttlMs, waitMs: 60_000, cancel });
    await delay(20);
    cancel.cancel();
    expect(await waiting).toMatchObject({ kind: 'cancelled' });
    await one.session.release(grant);
    await delay(30);
    expect((await valuesOf(one.nodes, key)).filter((value) => value !== null)).toEqual([]);
  });

  claimed(claims.exclusion && claims.expires)(
    'lets a lease that nobody releases expire, and says that it was lost',
    async () => {
      const key = freshKey();
      const abandoned = granted(await one.session.acquire(key, { ...once, ttlMs: 150 }));
      const next = granted(await other.session.acquire(key, { ttlMs, waitMs: 5000, cancel: noCancel }));
      expect(nowMs()).toBeGreaterThanOrEqual(abandoned.validUntilMs);
      const late = await one.session.release(abandoned);
      await one.session.quiesce();
      const left = (await valuesOf(one.nodes, key)).filter((value) => value === next.token);
      if (claims.ownerRelease) {
        expect(late).toEqual({ kind: 'lost' });
        // Replicas follow in their own time; masters have answered.
        const masters = strategy.topology === 'replicated' ? 1 : one.nodes.nodes.length;
        expect(left.length).toBeGreaterThan(masters / 2);
        expect(await other.session.release(next)).toEqual({ kind: 'released' });
      } else expect(left).toEqual([]);
    },
  );

  claimed(claims.exclusion && claims.expires)('extends a lease it holds, and not one that it has lost', async () => {
    const key = freshKey();
    const grant = granted(await one.session.acquire(key, { ...once, ttlMs: 400 }));
    const before = grant.validUntilMs;
    expect(await one.session.extend!(grant, ttlMs)).toMatchObject({ kind: 'extended' });
    expect(grant.validUntilMs).toBeGreaterThan(before);
    for (const node of one.nodes.nodes) await call(node.shared, { name: 'DEL', args: [key] }, 1000);
    let told = 0;
    grant.onLost(() => (told += 1));
    expect(await one.session.extend!(grant, ttlMs)).toEqual({ kind: 'lost' });
    expect(told).toBe(1);
  });

  claimed(claims.exclusion && claims.expires)('works on servers that have forgotten its scripts', async () => {
    const key = freshKey();
    const grant = granted(await one.session.acquire(key, once));
    for (const node of one.nodes.nodes) await call(node.shared, { name: 'SCRIPT', args: ['FLUSH'] }, 1000);
    if (strategy.topology !== 'replicated')
      expect(await one.session.extend!(grant, ttlMs)).toMatchObject({ kind: 'extended' });
    expect(await one.session.release(grant)).toEqual({ kind: 'released' });
  });
});

describe.each(['ioredis', 'node-redis'] as const)('redlock on %s', (client) => {
  const redlock = strategies.find(({ name }) => name === 'redlock')!;

  it.each([1, 2, 3, 4, 5])(
    'with %i nodes is granted exactly when the free ones reach the quorum, for every mask of occupied nodes',
    async (n) => {
      const servers = await host.provision({ kind: 'quorum', nodes: n, replicas: 0 });
      const bench = await open(redlock, servers, client);
      const quorum = Math.floor(n / 2) + 1;
      try {
        for (let mask = 0; mask < 2 ** n; mask += 1) {
          const key = freshKey();
          const occupied = bench.nodes.nodes.filter((node) => (mask >> node.index) & 1);
          for (const node of occupied) await call(node.shared, { name: 'SET', args: [key, 'foreign'] }, 1000);
          const outcome = await bench.session.acquire(key, once);
          if (n - occupied.length >= quorum) await bench.session.release(granted(outcome));
          else expect(outcome).toEqual({ kind: 'refused', why: 'busy', tries: 1 });
          await bench.session.quiesce();
          const expected = bench.nodes.nodes.map((node) => (occupied.includes(node) ? 'foreign' : null));
          expect(await valuesOf(bench.nodes, key)).toEqual(expected);
        }
      } finally {
        await shut(bench);
        await servers.stop();
      }
    },
  );

  it('waits for a silent node at most its timeout, on acquire and on release, and releases there when it is back', async () => {
    const servers = await host.provision(topologies.quorum);
    const bench = await open(redlock, servers, client, { nodeTimeout: 100 });
    const silent = servers.pids[4]!;
    try {
      process.kill(silent, 'SIGSTOP');
      const key = freshKey();
      const startMs = nowMs();
      const grant = granted(await bench.session.acquire(key, once));
      expect(await bench.session.release(grant)).toEqual({ kind: 'released' });
      expect(nowMs() - startMs).toBeLessThan(1000);
      expect(bench.session.backlog().pending).toBeGreaterThan(0);
      process.kill(silent, 'SIGCONT');
      await bench.session.quiesce();
      expect(await valuesOf(bench.nodes, key)).toEqual([null, null, null, null, null]);
      expect(bench.session.backlog()).toMatchObject({ pending: 0, dropped: 0 });
    } finally {
      process.kill(silent, 'SIGCONT');
      await shut(bench);
      await servers.stop();
    }
  });

  it('is unreachable, not busy, when a majority is silent or gone', async () => {
    const servers = await host.provision(topologies.quorum);
    const bench = await open(redlock, servers, client, { nodeTimeout: 50 });
    try {
      process.kill(servers.pids[0]!, 'SIGKILL');
      process.kill(servers.pids[1]!, 'SIGKILL');
      process.kill(servers.pids[2]!, 'SIGSTOP');
      await delay(50);
      expect(await bench.session.acquire(freshKey(), once)).toEqual({ kind: 'refused', why: 'unreachable', tries: 1 });
    } finally {
      process.kill(servers.pids[2]!, 'SIGCONT');
      await shut(bench);
      await servers.stop();
    }
  });

  it('grants nothing when the answers come after the lease', async () => {
    const servers = await host.provision(topologies.quorum);
    const bench = await open(redlock, servers, client, { nodeTimeout: 1000 });
    try {
      const key = freshKey();
      for (const pid of servers.pids) process.kill(pid!, 'SIGSTOP');
      const outcome = bench.session.acquire(key, { ...once, ttlMs: 100 });
      await delay(200);
      for (const pid of servers.pids) process.kill(pid!, 'SIGCONT');
      expect(await outcome).toEqual({ kind: 'refused', why: 'too-late', tries: 1 });
      await bench.session.quiesce();
      expect(await valuesOf(bench.nodes, key)).toEqual([null, null, null, null, null]);
    } finally {
      await shut(bench);
      await servers.stop();
    }
  });
});

describe.each(['ioredis', 'node-redis'] as const)('failover on %s', (client) => {
  const failover = strategies.find(({ name }) => name === 'failover')!;

  it('with waitReplicas counts too few acknowledgements as no grant, and takes its key back', async () => {
    const servers = await host.provision(topologies.replicated);
    const bench = await open(failover, servers, client, { waitReplicas: 'all', waitTimeout: 100 });
    try {
      const key = freshKey();
      const patient = { ttlMs, waitMs: 10_000, cancel: noCancel };
      const released = await bench.session.release(granted(await bench.session.acquire(key, patient)));
      expect(released).toEqual({ kind: 'released' });
      process.kill(servers.pids[1]!, 'SIGSTOP');
      expect(await bench.session.acquire(key, once)).toEqual({ kind: 'refused', why: 'unreachable', tries: 1 });
      await bench.session.quiesce();
      expect((await call(bench.nodes.nodes[0].shared, { name: 'GET', args: [key] }, 1000)).reply).toBeNull();
    } finally {
      process.kill(servers.pids[1]!, 'SIGCONT');
      await shut(bench);
      await servers.stop();
    }
  });
});
