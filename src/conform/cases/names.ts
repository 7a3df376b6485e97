/** Names of locks, scripts that servers forget, fences, and other processes. */
import { nowMs } from '../../base/clock.js';
import { contend, delayUntil, ensureApart, ensureBusy, ensureNothingLeft, release } from '../steps.js';
import { limits } from '../limits.js';
import type { CaseGroup, World } from '../types.js';
import type { Grant } from '../../contract/index.js';
import { ensure, NotApplicable, shown } from '../verify.js';

const long = 'x'.repeat(10_000);
const oddNames: readonly string[] = [
  'two words',
  ' leading and trailing ',
  `quotes ' " and backslash \\`,
  'braces {a}{b} [c] *?',
  'line\r\nbreak and tab\t',
  'Schlüssel-鍵-🔒',
  '$5\r\nwrong\r\n',
  '__proto__',
  '-1',
  long,
];
/** Alike for whoever folds case, trims, cuts or matches patterns. */
const alikeNames: readonly (readonly [string, string])[] = [
  ['Name', 'name'],
  ['a', 'ab'],
  ['trim', 'trim '],
  ['{tag}1', '{tag}2'],
  ['a*', 'aa'],
  [`${long}1`, `${long}2`],
];

function fenceOf({ claims }: World, { fence }: Grant): bigint {
  if (fence !== undefined) return fence;
  ensure(claims.fences !== true, 'a grant came without a fence');
  throw new NotApplicable('it mints no fencing tokens');
}

/** Another process has been told by then, on a busy machine as well: who comes when the other has done meets nobody. */
const reachMs = 250;

export default {
  name: 'names',
  help: 'names of locks, forgotten scripts, fences, other processes',
  cases: [
    {
      name: 'odd-names',
      behaviour: 'Names with spaces, quotes, braces, line breaks, other scripts and 10 kB are locks like any other.',
      source: 'DistributedLock GetSafeName',
      claims: ['exclusion'],
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        for (const name of oddNames) {
          const key = `${world.freshKey('odd')}:${name}`;
          const grant = await one.hold(key);
          await ensureBusy(other, key, `${shown(name)} is held`);
          await release(one, grant);
        }
        await ensureNothingLeft(world, [one, other], 'after locks of odd names were released');
      },
    },
    {
      name: 'similar-names-are-different-locks',
      behaviour: 'Names that differ in case, length, blanks or their last character are different locks.',
      source: 'DistributedLock LockNamesAreCaseSensitive, AcquireWithLockPrefix',
      claims: [],
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        for (const [a, b] of alikeNames) {
          const label = world.freshKey('alike');
          const first = await one.hold(`${label}:${a}`);
          const second = await other.hold(`${label}:${b}`);
          await release(one, first);
          await release(other, second);
        }
      },
    },
    {
      name: 'works-after-script-flush',
      behaviour: 'On servers that have forgotten its scripts it acquires, extends and releases as before.',
      source: 'simple-redis-mutex; redis-semaphore eval fallback',
      claims: [],
      needs: { masters: 1 },
      async run(world) {
        const one = await world.open();
        const key = world.freshKey();
        await world.flushScripts();
        const grant = await one.hold(key);
        await world.flushScripts();
        await release(one, grant);
        await ensureNothingLeft(world, [one], 'after a release on servers without its scripts');
      },
    },
    {
      name: 'extends-after-script-flush',
      behaviour: 'On servers that have forgotten its scripts it extends a lease.',
      source: 'simple-redis-mutex; redis-semaphore eval fallback',
      claims: ['expires'],
      needs: { masters: 1 },
      async run(world) {
        const one = await world.open();
        const grant = await one.hold(world.freshKey());
        await world.flushScripts();
        const told = await one.extend(grant, limits.leaseMs);
        ensure(told.kind === 'extended', `it was told ${shown(told)}`);
        await release(one, grant);
      },
    },
    {
      name: 'fences-rise',
      behaviour: 'Each grant of a lock carries a higher fence than the one before, whichever client has it.',
      source: 'simple-redis-mutex; Redisson FencedLock; Kleppmann, "How to do distributed locking"',
      claims: ['fences'],
      async run(world) {
        const clients = [await world.open(), await world.open()];
        const key = world.freshKey();
        let last: bigint | null = null;
        for (let i = 0; i < 10; i += 1) {
          const client = clients[i % 2];
          const grant = await client.hold(key, { waitMs: limits.leaseMs });
          const fence = fenceOf(world, grant);
          ensure(last === null || fence > last, `fence ${fence} follows ${last}`);
          last = fence;
          await release(client, grant);
        }
      },
    },
    {
      name: 'fences-outlive-leases',
      behaviour: 'The fence after a lease that ran out is higher than that of the lease.',
      source: 'Redisson FencedLock, whose counter expires with the lock',
      claims: ['fences', 'expires'],
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        const stale = await one.hold(key, { ttlMs: world.ttl(80) });
        const before = fenceOf(world, stale);
        // A lease that is kept alive ends with its session.
        if (world.claims.lease !== undefined) await one.close();
        else await delayUntil(stale.validUntilMs);
        const grant = await other.hold(key, { waitMs: limits.leaseMs });
        const fence = fenceOf(world, grant);
        ensure(fence > before, `fence ${fence} follows ${before}`);
        await release(other, grant);
      },
    },
    {
      name: 'processes-exclude-each-other',
      behaviour: 'Clients in processes of their own are inside one at a time, and all of them get in.',
      source: 'DistributedLock TestCrossProcess; published-libraries.md, extra (l)',
      claims: ['exclusion'],
      async run(world) {
        const [other, one] = await Promise.all([world.process(), world.open()]);
        const cycles = 20;
        const contention = { key: world.freshKey(), cycles, startMs: nowMs() + reachMs };
        const intervals = (await Promise.all([other.contend(contention), contend(one, contention)])).flat();
        ensure(intervals.length === 2 * cycles, `of ${2 * cycles} turns ${intervals.length} came about`);
        ensureApart(intervals);
      },
    },
  ],
} satisfies CaseGroup;
