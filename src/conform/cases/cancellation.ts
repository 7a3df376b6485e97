/** Cancelling a wait. */
import { CancelSource } from '../../base/cancel.js';
import { delay, nowMs } from '../../base/clock.js';
import { ensureNothingLeft, release } from '../steps.js';
import type { CaseGroup } from '../types.js';
import { ensure, shown } from '../verify.js';

const promptMs = 1_000;
const longMs = 20_000;

export default {
  name: 'cancellation',
  help: 'cancelling is prompt and leaves nothing behind',
  cases: [
    {
      name: 'cancel-while-waiting',
      behaviour: 'A cancelled wait ends at once, and does not take the lock later.',
      source: 'DistributedLock TestCancellation; redis-semaphore AbortSignal',
      claims: ['exclusion', 'waitsAsAsked'],
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        const grant = await one.hold(key);
        const cancel = new CancelSource();
        const waiting = other.acquire(key, { waitMs: longMs, cancel });
        await delay(20);
        const startMs = nowMs();
        cancel.cancel();
        const outcome = await waiting;
        const tookMs = nowMs() - startMs;
        ensure(outcome.kind === 'cancelled', `the cancelled wait was told ${shown(outcome)}`);
        ensure(tookMs <= promptMs, `it ended ${tookMs.toFixed(0)} ms after it was cancelled`);
        await release(one, grant);
        await delay(30);
        await ensureNothingLeft(world, [one, other], 'after the wait was cancelled and the holder released');
      },
    },
    {
      name: 'cancelled-before-it-begins',
      behaviour: 'An acquire that is cancelled already asks no server and is granted nothing.',
      source: 'DistributedLock TestCancellation (already cancelled)',
      claims: [],
      async run(world) {
        const one = await world.open();
        const cancel = new CancelSource();
        cancel.cancel();
        const commands = one.commands();
        const outcome = await one.acquire(world.freshKey(), { waitMs: longMs, cancel });
        ensure(outcome.kind === 'cancelled', `it was told ${shown(outcome)}`);
        ensure(one.commands() === commands, `it sent ${one.commands() - commands} commands`);
      },
    },
    {
      name: 'cancelled-waiters-leave-no-state',
      behaviour: 'Many cancelled waiters leave neither keys nor work, and the lock is had at once after its release.',
      source: 'rueidislock Cleanup and MissingPeers; Curator interrupt tests',
      claims: ['exclusion', 'waitsAsAsked'],
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        const grant = await one.hold(key);
        const cancels = Array.from({ length: 20 }, () => new CancelSource());
        const waiting = cancels.map((cancel) => other.acquire(key, { waitMs: longMs, cancel }));
        for (const cancel of cancels) {
          await delay(1);
          cancel.cancel();
        }
        for (const outcome of await Promise.all(waiting)) {
          ensure(outcome.kind === 'cancelled', `a cancelled wait was told ${shown(outcome)}`);
        }
        await other.quiesce();
        const { pending } = other.backlog();
        ensure(pending === 0, `${pending} releases are pending after all were cancelled`);
        await release(one, grant);
        await ensureNothingLeft(world, [one, other], 'after all waiters were cancelled and the holder released');
        const startMs = nowMs();
        await release(other, await other.hold(key));
        const tookMs = nowMs() - startMs;
        ensure(tookMs <= promptMs, `the free lock was had after ${tookMs.toFixed(0)} ms`);
      },
    },
    {
      name: 'cancel-racing-with-the-grant',
      behaviour:
        'Whoever cancels while the grant is on its way is either granted or cancelled, and no key is orphaned.',
      source: 'published-libraries.md, extra (j)',
      claims: [],
      needs: { masters: 1 },
      async run(world) {
        const relays = await world.relays();
        const one = await world.open({ through: relays });
        for (const relay of relays) relay.set({ replyDelayMs: 8 });
        for (let i = 0; i < 6; i += 1) {
          const cancel = new CancelSource();
          const trying = one.acquire(world.freshKey(), { waitMs: 500, cancel });
          await delay(5 + i);
          cancel.cancel();
          const outcome = await trying;
          const fine = outcome.kind === 'granted' || outcome.kind === 'cancelled';
          ensure(fine, `it was told ${shown(outcome)}`);
          if (outcome.kind === 'granted') await release(one, outcome.grant);
        }
        await ensureNothingLeft(world, [one], 'after grants raced with cancellation');
      },
    },
  ],
} satisfies CaseGroup;
