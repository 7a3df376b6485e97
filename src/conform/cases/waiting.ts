/** Waiting for a busy lock: it ends when it should, and the lock is had when it is free. */
import { delay, nowMs } from '../../base/clock.js';
import { noCancel } from '../../base/cancel.js';
import { retryPolicy } from '../../kit/retry.js';
import { ensureNothingLeft, isGranted, release } from '../steps.js';
import { limits } from '../limits.js';
import type { CaseGroup, Client } from '../types.js';
import { ensure, shown } from '../verify.js';
import type { AcquireOutcome, Cancel } from '../../contract/index.js';

/** More than an impatient retry, less than any lease. */
const promptMs = 1_500;
const longMs = 20_000;
/** Ample for a few retries. */
const retriesMs = 1_000;

function ensureRefused(outcome: AcquireOutcome): number {
  ensure(outcome.kind === 'refused', `a wait for a held lock ended with ${shown(outcome)}`);
  return outcome.tries;
}

async function holding(one: Client, key: string): Promise<() => Promise<void>> {
  const grant = await one.hold(key, { ttlMs: longMs });
  return () => release(one, grant);
}

export default {
  name: 'waiting',
  help: 'waiting for a busy lock ends when it should',
  cases: [
    {
      name: 'waiter-gets-it-on-release',
      behaviour: 'A waiter has the lock soon after its release, long before the lease would have ended.',
      source: 'simple-redis-mutex ("as soon as it is released"); DistributedLock TestParallelism',
      claims: ['exclusion'],
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        const free = await holding(one, key);
        const waiting = other.hold(key, { waitMs: limits.leaseMs });
        await delay(30);
        const releasedMs = nowMs();
        await free();
        const grant = await waiting;
        const tookMs = nowMs() - releasedMs;
        ensure(tookMs <= promptMs, `the waiter had it ${tookMs.toFixed(0)} ms after the release`);
        await release(other, grant);
        await ensureNothingLeft(world, [one, other], 'after both released');
      },
    },
    {
      name: 'wait-ends-in-time',
      behaviour: 'A wait for a held lock ends when it was told to, neither much earlier nor much later.',
      source: 'DistributedLock TestTimeouts; redis-py blocking_timeout',
      claims: ['exclusion', 'waitsAsAsked'],
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        await holding(one, key);
        const startMs = nowMs();
        ensureRefused(await other.acquire(key, { waitMs: 150 }));
        const tookMs = nowMs() - startMs;
        ensure(tookMs >= 145, `a wait of 150 ms was given up after ${tookMs.toFixed(0)} ms`);
        ensure(tookMs <= 150 + promptMs, `a wait of 150 ms took ${tookMs.toFixed(0)} ms`);
      },
    },
    {
      name: 'delay-never-overshoots-the-wait',
      behaviour: 'A retry delay longer than what is left of the wait does not prolong it.',
      source: 'redis-py test_high_sleep_small_blocking_timeout',
      claims: ['exclusion', 'waitsAsAsked'],
      async run(world) {
        const retry = retryPolicy({ kind: 'fixed', minMs: 60_000, maxMs: 60_000, limit: null });
        const [one, other] = [await world.open(), await world.open({ retry })];
        const key = world.freshKey();
        await holding(one, key);
        const startMs = nowMs();
        ensureRefused(await other.acquire(key, { waitMs: 100 }));
        const tookMs = nowMs() - startMs;
        ensure(tookMs <= 100 + promptMs, `a wait of 100 ms took ${tookMs.toFixed(0)} ms`);
      },
    },
    {
      name: 'without-wait-it-is-one-try',
      behaviour: 'Told not to wait, it tries once and answers at once.',
      source: 'DistributedLock TestTimeouts (TryAcquire)',
      claims: ['exclusion'],
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        await holding(one, key);
        const startMs = nowMs();
        const tries = ensureRefused(await other.acquire(key, { waitMs: 0 }));
        const tookMs = nowMs() - startMs;
        ensure(tries === 1, `it tells of ${tries} tries`);
        ensure(tookMs <= promptMs, `it took ${tookMs.toFixed(0)} ms`);
      },
    },
    {
      name: 'number-of-tries-is-kept',
      behaviour: 'A limit of retries is kept, and used up unless the wait ends before; none means one try.',
      source: 'redis-semaphore acquireAttemptsLimit; redlock-universal retryAttempts',
      claims: ['exclusion', 'waitsAsAsked'],
      async run(world) {
        const one = await world.open();
        const key = world.freshKey();
        await holding(one, key);
        for (const limit of [0, 1, 3]) {
          const other = await world.open({ retry: retryPolicy({ kind: 'fixed', minMs: 2, maxMs: 2, limit }) });
          const startMs = nowMs();
          const tries = ensureRefused(await other.acquire(key, { waitMs: retriesMs }));
          // Whoever waits to be woken has nothing to try for.
          const waited = nowMs() - startMs >= retriesMs;
          ensure(tries <= limit + 1, `with ${limit} retries it tells of ${tries} tries`);
          ensure(tries === limit + 1 || (waited && limit > 0), `with ${limit} retries it gave up after ${tries} tries`);
        }
      },
    },
    {
      name: 'listens-to-cancel-no-longer-than-needed',
      behaviour: 'An acquire that has ended no longer listens to its cancellation.',
      source: 'rueidislock Cleanup; Curator interrupted waiters',
      claims: [],
      async run(world) {
        const one = await world.open();
        let listening = 0;
        const cancel: Cancel = {
          cancelled: false,
          onCancel: () => {
            listening += 1;
            return () => void (listening -= 1);
          },
        };
        const key = world.freshKey();
        const grant = await one.hold(key, { cancel, waitMs: 50 });
        const second = await one.acquire(key, { cancel, waitMs: 50 });
        ensure(listening === 0, `${listening} listeners are left behind`);
        await release(one, grant);
        if (isGranted(second)) await one.release(second.grant);
        await one.acquire(key, { cancel: noCancel });
      },
    },
    {
      name: 'waits-through-a-restart',
      behaviour: 'A waiter outlives the crash and return of a server, and has the lock in the end.',
      source: 'Curator testWaitingProcessKilledServer',
      claims: ['exclusion', 'expires'],
      needs: { masters: 1, control: true },
      async run(world) {
        const [one, other] = [await world.open({ answerWaitMs: 100 }), await world.open({ answerWaitMs: 100 })];
        const key = world.freshKey();
        const grant = await one.hold(key, { ttlMs: world.ttl(600) });
        const waiting = other.acquire(key, { waitMs: longMs });
        await world.masters[0].crash('kept');
        await delay(30);
        await world.masters[0].restart();
        // A lease that is kept alive does not end by itself.
        if (world.claims.lease !== undefined) await one.release(grant);
        const outcome = await waiting;
        ensure(outcome.kind === 'granted', `the waiter was told ${shown(outcome)}`);
      },
    },
  ],
} satisfies CaseGroup;
