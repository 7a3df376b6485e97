/** Extending a lease, and being told of its loss. */
import { delay, nowMs } from '../../base/clock.js';
import { delayUntil, ensureBusy, ensureNothingLeft, release } from '../steps.js';
import { limits } from '../limits.js';
import type { CaseGroup } from '../types.js';
import { ensure, shown } from '../verify.js';

const waitMs = 1_500;

export default {
  name: 'extend',
  help: 'extending a lease, and being told of its loss',
  cases: [
    {
      name: 'extend-raises-the-ttl-everywhere',
      behaviour: 'Extending moves validity, and the TTL on every server.',
      source: 'redsync TestMutexExtend',
      claims: ['expires'],
      needs: { masters: 1 },
      async run(world) {
        const one = await world.open();
        const key = world.freshKey();
        const grant = await one.hold(key, { ttlMs: world.ttl(2_000) });
        const beforeMs = grant.validUntilMs;
        const ttlMs = world.ttl(20_000);
        const told = await one.extend(grant, ttlMs);
        ensure(told.kind === 'extended', `it was told ${shown(told)}`);
        ensure(grant.validUntilMs > beforeMs, 'the validity of the grant has not moved');
        ensure(grant.validUntilMs === told.validUntilMs, 'the grant and the answer differ about the validity');
        await one.quiesce();
        const ttls = await world.ttlsOf(key);
        const low = ttls.find((left) => left < ttlMs / 2);
        ensure(low === undefined, `TTLs on the servers are ${shown(ttls)} ms, extended to ${ttlMs} ms`);
        await release(one, grant);
      },
    },
    {
      name: 'extended-lease-is-held-past-its-first-ttl',
      behaviour: 'A lease that is extended again and again stays held, and ends soon after that stops.',
      source: 'DistributedLock TestCanExtendLock; redis-semaphore stopRefresh',
      claims: ['exclusion', 'expires'],
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        const ttlMs = world.ttl(250);
        const grant = await one.hold(key, { ttlMs });
        const firstMs = grant.validUntilMs;
        for (let i = 0; i < 4; i += 1) {
          await delay(ttlMs / 3);
          if (nowMs() >= grant.validUntilMs) throw new Error('the machine is too slow to extend in time');
          const told = await one.extend(grant, ttlMs);
          ensure(told.kind === 'extended', `it was told ${shown(told)}`);
          ensure(grant.validUntilMs === told.validUntilMs, 'the validity of the grant has not moved with the answer');
        }
        ensure(grant.validUntilMs > firstMs, 'validity has not moved');
        await ensureBusy(other, key, 'the lease was extended');
        await other.hold(key, { waitMs });
        ensure(nowMs() >= grant.validUntilMs, 'another client was granted it before the extended lease ended');
      },
    },
    {
      name: 'extend-of-an-expired-lease-says-lost',
      behaviour: 'A lease that is over cannot be extended, and its holder is told that it was lost.',
      source: 'redsync; node-redlock 4; redis-py',
      claims: ['exclusion', 'expires'],
      needs: { masters: 1, ttl: true },
      async run(world) {
        const one = await world.open();
        const key = world.freshKey();
        const grant = await one.hold(key, { ttlMs: world.ttl(80) });
        let losses = 0;
        grant.onLost(() => (losses += 1));
        await delayUntil(grant.validUntilMs);
        await world.remove(key);
        const told = await one.extend(grant, limits.leaseMs);
        ensure(told.kind === 'lost', `it was told ${shown(told)}`);
        ensure(losses === 1, `its holder was told ${losses} times that it was lost`);
        ensure(grant.validUntilMs <= nowMs(), 'the grant became valid again');
      },
    },
    {
      name: 'extend-leaves-the-next-holder-alone',
      behaviour: 'An expired holder cannot extend the lease of the next one.',
      source: 'redsync SetNX...Taken; redis-semaphore refresh',
      claims: ['exclusion', 'expires'],
      needs: { masters: 1, ttl: true },
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        const stale = await one.hold(key, { ttlMs: world.ttl(80) });
        await delayUntil(stale.validUntilMs);
        const next = await other.hold(key, { waitMs, ttlMs: limits.leaseMs });
        await other.quiesce();
        const told = await one.extend(stale, 60_000);
        ensure(told.kind === 'lost', `the expired holder was told ${shown(told)}`);
        await one.quiesce();
        const ttls = await world.ttlsOf(key);
        ensure(
          ttls.every((left) => left <= limits.leaseMs),
          `the TTLs of the next holder became ${shown(ttls)} ms`,
        );
        await release(other, next);
      },
    },
    {
      name: 'lost-lock-is-told',
      behaviour:
        'A lock lost behind its holder’s back is told once when it is found out, and at once to whoever asks later.',
      source: 'DistributedLock HandleLost, HandleLostReturnsAlreadyCanceled; redis-semaphore onLockLost',
      claims: ['exclusion', 'expires'],
      needs: { masters: 1 },
      async run(world) {
        const one = await world.open();
        const key = world.freshKey();
        const grant = await one.hold(key);
        let told = 0;
        let toldOthers = 0;
        grant.onLost(() => (told += 1));
        grant.onLost(() => (toldOthers += 1))();
        await one.quiesce();
        await world.remove(key);
        const { kind } = await one.extend(grant, limits.leaseMs);
        ensure(kind === 'lost', `extend of a lost lock was told ${kind}`);
        await one.extend(grant, limits.leaseMs);
        ensure(told === 1, `its listener was called ${told} times`);
        ensure(toldOthers === 0, 'a listener that was removed was called');
        let afterwards = 0;
        grant.onLost(() => (afterwards += 1));
        ensure(afterwards === 1, 'a listener added after the loss was not called at once');
      },
    },
    {
      name: 'release-is-not-a-loss',
      behaviour: 'A normal release does not tell the holder that the lock was lost.',
      source: 'DistributedLock HandleLost (normal release does not signal)',
      claims: [],
      async run(world) {
        const one = await world.open();
        const grant = await one.hold(world.freshKey());
        let told = 0;
        grant.onLost(() => (told += 1));
        await release(one, grant);
        await one.quiesce();
        ensure(told === 0, 'the holder was told that it lost the lock that it released');
      },
    },
    {
      name: 'extension-in-flight-is-not-a-loss',
      behaviour: 'An extension that is under way when the lock is released signals no loss and leaves no key.',
      source: 'redis-semaphore Lock.test (refresh while releasing)',
      claims: ['exclusion', 'expires'],
      needs: { masters: 1 },
      async run(world) {
        const one = await world.open();
        for (let i = 0; i < 5; i += 1) {
          const grant = await one.hold(world.freshKey());
          let told = 0;
          grant.onLost(() => (told += 1));
          const extending = one.extend(grant, limits.leaseMs);
          const releasing = one.release(grant);
          await extending;
          const { kind } = await releasing;
          ensure(told === 0, 'the holder was told that it lost the lock that it released');
          ensure(kind === 'released', `release was told ${kind}`);
        }
        await ensureNothingLeft(world, [one], 'after extensions raced with releases');
      },
    },
  ],
} satisfies CaseGroup;
