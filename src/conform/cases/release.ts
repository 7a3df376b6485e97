/** Only the holder frees the lock, once, and is told the truth about it. */
import { nowMs } from '../../base/clock.js';
import type { Grant } from '../../contract/index.js';
import { delayUntil, ensureBusy, ensureNothingLeft, release } from '../steps.js';
import type { CaseGroup, Client, World } from '../types.js';
import { ensure, shown } from '../verify.js';

const waitMs = 1_500;

/** Once everything that `by` has sent is done. */
async function ensureStillHeld(by: Client, other: Client, key: string, after: string): Promise<void> {
  await by.quiesce();
  await ensureBusy(other, key, after);
}

async function expired(world: World, client: Client, key: string): Promise<Grant> {
  const grant = await client.hold(key, { ttlMs: world.ttl(100) });
  await delayUntil(grant.validUntilMs);
  return grant;
}

export default {
  name: 'release',
  help: 'only the holder frees the lock, once, and is told the truth about it',
  cases: [
    {
      name: 'release-is-idempotent',
      behaviour: 'Releasing twice is no error: the second says released or lost.',
      source: 'DistributedLock DisposeIdempotent',
      claims: [],
      async run(world) {
        const one = await world.open();
        const grant = await one.hold(world.freshKey());
        await release(one, grant);
        const again = await one.release(grant);
        ensure(again.kind !== 'unknown', `the second release answered ${shown(again)}`);
        await ensureNothingLeft(world, [one], 'after two releases');
      },
    },
    {
      name: 'second-release-leaves-the-next-holder-alone',
      behaviour: 'Releasing once more, when somebody else holds the lock by now, does not take it from them.',
      source: 'DistributedLock DisposeIdempotent',
      claims: ['exclusion', 'ownerRelease'],
      async run(world) {
        const [one, other, third] = [await world.open(), await world.open(), await world.open()];
        const key = world.freshKey();
        const grant = await one.hold(key);
        await release(one, grant);
        const next = await other.hold(key, { waitMs });
        await one.release(grant);
        await ensureStillHeld(one, third, key, 'the lock was released a second time while another client held it');
        await release(other, next);
      },
    },
    {
      name: 'stale-release',
      behaviour:
        'A holder whose lease is over does not free the lock of the next one, and is told that its own was lost.',
      source:
        'simple-redis-mutex "expired owner cannot release"; Redis docs, "Correct implementation with a single instance"',
      claims: ['exclusion', 'expires', 'ownerRelease'],
      needs: { ttl: true },
      async run(world) {
        const [one, other, third] = [await world.open(), await world.open(), await world.open()];
        const key = world.freshKey();
        const stale = await expired(world, one, key);
        const next = await other.hold(key, { waitMs });
        const told = await one.release(stale);
        await ensureStillHeld(one, third, key, 'an expired holder released while the next one held the lock');
        ensure(told.kind === 'lost', `the expired holder was told ${shown(told)}`);
        await release(other, next);
      },
    },
    {
      name: 'stale-release-neither-wakes-nor-grants',
      behaviour: 'A late release by an expired holder does not let a waiter in while somebody else holds the lock.',
      source: 'published-libraries.md, extra (g)',
      claims: ['exclusion', 'expires', 'ownerRelease'],
      needs: { ttl: true },
      async run(world) {
        const [one, other, third] = [await world.open(), await world.open(), await world.open()];
        const key = world.freshKey();
        const stale = await expired(world, one, key);
        const next = await other.hold(key, { waitMs });
        const waiting = third.acquire(key, { waitMs: 200 });
        await one.release(stale);
        const outcome = await waiting;
        ensure(outcome.kind !== 'granted', 'a waiter was granted the lock while the next holder held it');
        ensure(nowMs() < next.validUntilMs, 'the lease of the next holder has ended');
        await release(other, next);
      },
    },
    {
      name: 'release-of-an-expired-lease-says-lost',
      behaviour: 'Whoever releases a lease that is over is told that it was lost.',
      source: 'redsync TestMutexUnlockExpired; redis-py LockNotOwnedError',
      claims: ['exclusion', 'expires'],
      needs: { masters: 1, ttl: true },
      async run(world) {
        const one = await world.open();
        const key = world.freshKey();
        const grant = await expired(world, one, key);
        await world.remove(key);
        const told = await one.release(grant);
        ensure(told.kind === 'lost', `it was told ${shown(told)}`);
      },
    },
    {
      name: 'release-of-what-was-never-granted',
      behaviour: 'A grant that was never given releases nothing, and is not told released.',
      source: 'etcd TestMutexUnlock; redis-py',
      claims: ['exclusion', 'ownerRelease'],
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        const past = await other.hold(world.freshKey());
        await release(other, past);
        const grant = await one.hold(key);
        const forged = { ...past, key, validUntilMs: grant.validUntilMs, onLost: () => () => {} };
        const told = await other.release(forged);
        ensure(told.kind !== 'released', 'it was told released');
        await ensureBusy(other, key, 'the lock was released with the grant of another one');
        await release(one, grant);
      },
    },
    {
      name: 'release-from-another-session-tells-the-truth',
      behaviour: 'A grant released by another session is either freed and told so, or not freed and told so.',
      source: 'redsync LockUnlockSplit; redis-semaphore acquiredExternally',
      claims: ['exclusion'],
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        const told = await other.release(await one.hold(key));
        if (told.kind === 'released') await release(one, await one.hold(key, { waitMs }));
        else await ensureBusy(other, key, `release from another session was told ${told.kind}`);
      },
    },
    {
      name: 'release-survives-a-minority-of-dead-servers',
      behaviour: 'With as many servers dead as it tolerates, a release succeeds.',
      source: 'DistributedLock: minority faulting on release',
      claims: ['toleratesDown'],
      needs: { masters: 2, control: true },
      async run(world) {
        const one = await world.open();
        const grant = await one.hold(world.freshKey());
        await one.quiesce();
        for (const server of world.masters.slice(0, world.claims.toleratesDown)) await server.crash();
        await release(one, grant);
      },
    },
    {
      name: 'unanswered-release-says-unknown',
      behaviour: 'A release that too few servers answer ends within its own limit, and does not say released.',
      source: 'DistributedLock: majority faulting on release',
      claims: [],
      needs: { masters: 1, control: true },
      async run(world) {
        const one = await world.open({ answerWaitMs: 60 });
        const key = world.freshKey();
        const grant = await one.hold(key);
        await one.quiesce();
        for (const server of world.masters) await server.freeze();
        const untilMs = grant.validUntilMs;
        const startMs = nowMs();
        const told = await one.release(grant);
        const tookMs = nowMs() - startMs;
        for (const server of world.masters) server.thaw();
        ensure(told.kind === 'unknown', `no server answered, and it was told ${shown(told)}`);
        ensure(tookMs <= one.boundMs, `it took ${tookMs.toFixed(0)} ms, over ${one.boundMs.toFixed(0)} ms`);
        ensure(grant.validUntilMs === untilMs, 'its validity has moved');
      },
    },
  ],
} satisfies CaseGroup;
