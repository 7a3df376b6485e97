/** How many servers must agree: every pattern of free and occupied ones, and votes that split. */
import { nowMs } from '../../base/clock.js';
import { ensureApart, ensureNothingLeft, isGranted, release } from '../steps.js';
import { limits } from '../limits.js';
import type { CaseGroup, Client, Interval, World } from '../types.js';
import { ensure, shown } from '../verify.js';

const mostNodes = 5;
/** Much less than the lease: a split vote must not last until it ends. */
const splitLimitMs = 5_000;
const splitTtlMs = 30_000;

async function everyMask(world: World, nodes: number): Promise<void> {
  const claims = world.claimsWith(nodes);
  if (claims === null) return;
  const quorum = nodes - claims.toleratesDown;
  const servers = world.allMasters.slice(0, nodes);
  const client = await world.open({ nodes });
  for (let mask = 0; mask < 2 ** nodes; mask += 1) {
    const key = world.freshKey();
    const taken = servers.filter((_, i) => (mask >> i) & 1);
    const pattern = `${taken.length} of ${nodes} servers occupied (mask ${mask.toString(2).padStart(nodes, '0')})`;
    for (const server of taken) await world.occupy(server, key);
    if (nodes - taken.length >= quorum) await release(client, await holdAt(client, key, pattern));
    else {
      const outcome = await client.acquire(key);
      ensure(outcome.kind === 'refused', `${pattern}: it was told ${shown(outcome)}`);
    }
    await client.quiesce();
    const values = await world.valuesOf(key, servers);
    const wrong = values.findIndex((value, i) => (value === null) === taken.includes(servers[i]));
    ensure(wrong < 0, `${pattern}: afterwards ${servers[wrong]?.name} holds ${shown(values[wrong])}`);
    const own = values.find((value) => value !== null && value !== 'a stranger');
    ensure(own === undefined, `${pattern}: a stranger’s key became ${shown(own)}`);
  }
}

async function holdAt(client: Client, key: string, pattern: string): ReturnType<Client['hold']> {
  const outcome = await client.acquire(key);
  if (isGranted(outcome)) return outcome.grant;
  const isBusy = outcome.kind === 'refused' && outcome.why === 'busy';
  ensure(!isBusy, `${pattern}: the free ones suffice, and it was told ${shown(outcome)}`);
  await client.quiesce();
  return client.hold(key);
}

/** Contender i reaches server i first, so that each has one vote and nobody a quorum. */
async function splitVote(world: World, count: number): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: count }, async (_, own) => {
      const relays = await world.relays();
      const client = await world.open({ through: relays });
      relays.forEach((relay, i) => relay.set({ requestDelayMs: i % count === own ? 0 : 4 }));
      return client;
    }),
  );
  const key = world.freshKey();
  const startMs = nowMs();
  const intervals = await Promise.all(clients.map((client) => once(client, key)));
  ensureApart(intervals);
  const tookMs = nowMs() - startMs;
  ensure(tookMs <= splitLimitMs, `${count} contenders needed ${tookMs.toFixed(0)} ms for one turn each`);
  await ensureNothingLeft(world, clients, `after ${count} contenders had split the vote`);
}

async function once(client: Client, key: string): Promise<Interval> {
  const startMs = nowMs();
  const outcome = await client.acquire(key, { ttlMs: splitTtlMs, waitMs: splitLimitMs });
  const tookMs = nowMs() - startMs;
  ensure(isGranted(outcome), `a contender of a split vote was told ${shown(outcome)} after ${tookMs.toFixed(0)} ms`);
  const enterMs = nowMs();
  const interval = { enterMs, leaveMs: nowMs(), validUntilMs: outcome.grant.validUntilMs };
  await client.release(outcome.grant);
  return interval;
}

export default {
  name: 'quorum',
  help: 'every pattern of free and occupied servers, and votes that split',
  cases: [
    {
      name: 'every-mask-of-occupied-servers',
      behaviour:
        'For 1 to 5 servers, even numbers included: granted exactly when the free ones reach the quorum, no stranger’s key touched, no own key left.',
      source: 'redsync TestMutexQuorum; node-redlock 5 multi-instance tests',
      claims: ['exclusion'],
      needs: { masters: 1 },
      async run(world) {
        const most = world.topology.kind === 'quorum' ? mostNodes : 1;
        for (let nodes = 1; nodes <= most; nodes += 1) await everyMask(world, nodes);
      },
    },
    {
      name: 'even-split-settles',
      behaviour: 'Where half of an even number of servers say no, the try is refused, and does not wait for more.',
      source: 'published-libraries.md, extra (a); DistributedLock HalfFaulting; redlock 5.0.0-beta.2 hangs',
      claims: ['exclusion'],
      needs: { masters: 2 },
      async run(world) {
        for (const nodes of [2, 4]) {
          if (world.claimsWith(nodes) === null) continue;
          const client = await world.open({ nodes });
          const key = world.freshKey();
          for (const server of world.allMasters.slice(0, nodes / 2)) await world.occupy(server, key);
          const startMs = nowMs();
          const outcome = await client.acquire(key);
          const tookMs = nowMs() - startMs;
          ensure(outcome.kind === 'refused', `${nodes / 2} of ${nodes} said no, and it was told ${shown(outcome)}`);
          ensure(tookMs <= client.boundMs, `it took ${tookMs.toFixed(0)} ms`);
        }
      },
    },
    {
      name: 'split-vote-resolves',
      behaviour: 'As many contenders as servers, each with one vote, sort it out long before the lease would end.',
      source: 'published-libraries.md, extra (b); Redis docs, "Retry on failure"',
      claims: ['exclusion'],
      needs: { masters: 2 },
      run: (world) => splitVote(world, Math.min(mostNodes, world.masters.length)),
    },
    {
      name: 'minority-of-strangers-does-not-hinder',
      behaviour: 'With as many servers occupied as it tolerates, the lock is granted, and their keys are left alone.',
      source: 'node-redlock 5 multi-instance tests (minority)',
      claims: ['exclusion', 'toleratesDown'],
      needs: { masters: 2 },
      async run(world) {
        const client = await world.open();
        const key = world.freshKey();
        const taken = world.masters.slice(0, world.claims.toleratesDown);
        for (const server of taken) await world.occupy(server, key);
        await release(client, await holdAt(client, key, `${taken.length} servers occupied`));
        await client.quiesce();
        const values = await world.valuesOf(key, taken);
        ensure(
          values.every((value) => value === 'a stranger'),
          `their keys became ${shown(values)}`,
        );
      },
    },
    {
      name: 'failed-acquire-leaves-no-key',
      behaviour: 'A try that fails leaves no key of its own on any server, however often it is made.',
      source: 'node-redlock 5 multi-instance tests (majority); DistributedLock FailedAcquireReleases',
      claims: ['exclusion'],
      needs: { masters: 1 },
      async run(world) {
        const client = await world.open();
        const key = world.freshKey();
        const taken = world.masters.slice(0, world.claims.toleratesDown + 1);
        for (const server of taken) await world.occupy(server, key);
        const outcome = await client.acquire(key, { waitMs: 50, ttlMs: limits.leaseMs });
        ensure(outcome.kind === 'refused', `it was told ${shown(outcome)}`);
        for (const server of taken) await server.call('FLUSHALL');
        await ensureNothingLeft(world, [client], 'after a failed acquire');
      },
    },
  ],
} satisfies CaseGroup;
