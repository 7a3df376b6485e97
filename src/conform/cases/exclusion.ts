/** A held lock is held, and a free one can be had. */
import { nowMs, yieldTurn } from '../../base/clock.js';
import { ensureApart, ensureBusy, isGranted, release } from '../steps.js';
import type { CaseGroup, Client, Interval, World } from '../types.js';
import { ensure, shown } from '../verify.js';

const patientMs = 15_000;

async function cycles(client: Client, key: string, count: number, inside: () => Promise<void>): Promise<Interval[]> {
  const intervals: Interval[] = [];
  for (let i = 0; i < count; i += 1) {
    const grant = await client.hold(key, { waitMs: patientMs });
    const enterMs = nowMs();
    await inside();
    intervals.push({ enterMs, leaveMs: nowMs(), validUntilMs: grant.validUntilMs });
    await client.release(grant);
  }
  return intervals;
}

function openMany(world: World, count: number): Promise<readonly Client[]> {
  return Promise.all(Array.from({ length: count }, () => world.open()));
}

export default {
  name: 'exclusion',
  help: 'a held lock is held, and a free one can be had',
  cases: [
    {
      name: 'grants-a-free-lock',
      behaviour: 'A free lock is granted once asked, with a token of its own and validity ahead, and taken back.',
      source: 'DistributedLock BasicTest',
      claims: [],
      async run(world) {
        const client = await world.open();
        const tokens = new Set<string>();
        for (let i = 0; i < 5; i += 1) {
          const grant = await client.hold(world.freshKey());
          ensure(grant.validUntilMs > nowMs(), 'validity of a new grant is over');
          tokens.add(grant.token);
          await release(client, grant);
        }
        ensure(tokens.size === 5, 'two grants have the same token');
      },
    },
    {
      name: 'refuses-a-held-lock',
      behaviour: 'A lock that one client holds is busy for another, and stays so.',
      source: 'DistributedLock BasicTest',
      claims: ['exclusion'],
      async run(world) {
        const [one, other] = await openMany(world, 2);
        const key = world.freshKey();
        const grant = await one.hold(key);
        for (let i = 0; i < 3; i += 1) await ensureBusy(other, key, 'one client holds the lock');
        await release(one, grant);
      },
    },
    {
      name: 'one-session-excludes-itself',
      behaviour: 'A lock that is held is busy for other contenders of the same session, too.',
      source: 'DistributedLock BasicTest (locks are not re-entrant)',
      claims: ['exclusion'],
      async run(world) {
        const one = await world.open();
        const key = world.freshKey();
        const grant = await one.hold(key);
        await ensureBusy(one, key, 'the session holds the lock');
        await release(one, grant);
      },
    },
    {
      name: 'locks-are-independent',
      behaviour: 'A held lock does not hinder another one.',
      source: 'DistributedLock BasicTest',
      claims: [],
      async run(world) {
        const [one, other] = await openMany(world, 2);
        const grants = [await one.hold(world.freshKey()), await other.hold(world.freshKey())];
        grants.push(await one.hold(world.freshKey()));
        await release(one, grants[0]);
        await release(other, grants[1]);
        await release(one, grants[2]);
      },
    },
    {
      name: 'can-be-had-again-after-release',
      behaviour: 'A released lock can be had by another client, and again by the first.',
      source: 'DistributedLock BasicTest',
      claims: [],
      async run(world) {
        const [one, other] = await openMany(world, 2);
        const key = world.freshKey();
        for (const client of [one, other, one, other]) {
          await release(client, await client.hold(key, { waitMs: patientMs }));
        }
      },
    },
    {
      name: 'at-most-one-of-simultaneous-tries',
      behaviour: 'Of k tries at the same time at most one wins, for k from 1 to 10.',
      source: 'pottery test_contention',
      claims: ['exclusion'],
      async run(world) {
        const clients = await openMany(world, 2);
        for (let k = 1; k <= 10; k += 1) {
          const key = world.freshKey();
          const outcomes = await Promise.all(Array.from({ length: k }, (_, i) => clients[i % 2].acquire(key)));
          const winners = outcomes.filter(isGranted).length;
          ensure(winners <= 1, `${winners} of ${k} simultaneous tries were granted`);
        }
      },
    },
    {
      name: 'losers-are-told-busy',
      behaviour: 'Of simultaneous tries one wins where one server decides, and all others are refused and not failed.',
      source: 'etcd testMutexTryLock',
      claims: ['exclusion'],
      async run(world) {
        const clients = await openMany(world, 3);
        const key = world.freshKey();
        const outcomes = await Promise.all([...clients, ...clients].map((client) => client.acquire(key)));
        const winners = outcomes.filter(isGranted).length;
        ensure(world.masters.length > 1 ? winners <= 1 : winners === 1, `${winners} of 6 tries were granted`);
        const odd = outcomes.find(({ kind }) => kind !== 'granted' && kind !== 'refused');
        ensure(odd === undefined, `a loser was told ${shown(odd)}`);
      },
    },
    {
      name: 'never-two-inside',
      behaviour: 'Many contenders are inside one at a time, and all of them get in.',
      source: 'DistributedLock TestParallelism; rueidislock MultipleLocker',
      claims: ['exclusion'],
      async run(world) {
        const clients = await openMany(world, 4);
        const key = world.freshKey();
        let inside = 0;
        let most = 0;
        const section = async (): Promise<void> => {
          inside += 1;
          most = Math.max(most, inside);
          await yieldTurn();
          inside -= 1;
        };
        const contenders = Array.from({ length: 12 }, (_, i) => cycles(clients[i % 4], key, 4, section));
        const intervals = (await Promise.all(contenders)).flat();
        ensureApart(intervals);
        ensure(most === 1, `${most} contenders were inside together`);
      },
    },
    {
      name: 'no-update-is-lost',
      behaviour: 'Read, yield and write in the lock loses no update (without a lock it does).',
      source: 'simple-redis-mutex tests',
      claims: ['exclusion'],
      async run(world) {
        let value = 0;
        const update = async (): Promise<void> => {
          const read = value;
          await yieldTurn();
          value = read + 1;
        };
        await Promise.all(Array.from({ length: 4 }, update));
        if (value === 4) throw new Error('the control shows nothing: unlocked updates were not lost');
        value = 0;
        const clients = await openMany(world, 2);
        const key = world.freshKey();
        await Promise.all([0, 1, 2, 3].map((i) => cycles(clients[i % 2], key, 8, update)));
        ensure(value === 32, `of 32 updates ${32 - value} were lost`);
      },
    },
  ],
} satisfies CaseGroup;
