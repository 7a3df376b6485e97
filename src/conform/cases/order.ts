/** The order in which waiters get the lock, and who does not hold them up. */
import { CancelSource } from '../../base/cancel.js';
import { delay, nowMs } from '../../base/clock.js';
import { limits } from '../limits.js';
import { contend, ensureNothingLeft, release } from '../steps.js';
import type { CaseGroup, Client, Interval, OtherProcess, World } from '../types.js';
import { ensure } from '../verify.js';

/** Much longer than a command takes: who asks so much later has asked later. */
const apartMs = 25;
/** More than a hand-over on a busy machine, less than any lease here. */
const promptMs = 1_500;
const longMs = 20_000;
const patientMs = 10_000;

/** Asks, and lets time pass: who comes next comes later. */
async function asks<T>(who: Client | OtherProcess, asked: Promise<T>): Promise<{ readonly asked: Promise<T> }> {
  // Looked at later; until then a failure is nobody's.
  asked.catch(() => {});
  if ('answered' in who) await who.answered();
  await delay(apartMs);
  return { asked };
}

/** Once through the lock, by a client of this process or of another. */
async function passes(who: Client | OtherProcess, key: string, ttlMs: number = limits.leaseMs) {
  const once = { key, cycles: 1, startMs: nowMs(), ttlMs };
  return asks(who, 'contend' in who ? who.contend(once) : contend(who, once));
}

async function inOrder(key: string, holder: Client, askers: readonly (Client | OtherProcess)[]): Promise<void> {
  const grant = await holder.hold(key, { ttlMs: longMs });
  const waiting: Promise<readonly Interval[]>[] = [];
  for (const asker of askers) waiting.push((await passes(asker, key)).asked);
  await release(holder, grant);
  const entered = (await Promise.all(waiting)).map(([{ enterMs }]) => enterMs);
  const order = entered.map((_, i) => i).sort((a, b) => entered[a] - entered[b]);
  const text = order.map((i) => i + 1).join(', ');
  ensure(
    order.every((asked, i) => asked === i),
    `who asked ${apartMs} ms apart was let in in the order ${text}`,
  );
}

/** How long after the release a client that waits has the lock. */
async function tookAfterRelease(holding: Promise<() => Promise<void>>, waiter: Client, key: string): Promise<number> {
  const free = await holding;
  const { asked } = await asks(waiter, waiter.hold(key, { waitMs: patientMs }));
  const releasedMs = nowMs();
  await free();
  const grant = await asked;
  const tookMs = nowMs() - releasedMs;
  await release(waiter, grant);
  return tookMs;
}

async function held(world: World, key: string): Promise<() => Promise<void>> {
  const one = await world.open();
  const grant = await one.hold(key, { ttlMs: longMs });
  return () => release(one, grant);
}

export default {
  name: 'order',
  help: 'waiters get the lock in the order in which they asked',
  cases: [
    {
      name: 'waiters-are-let-in-in-order',
      behaviour: 'Waiters of several sessions and processes get the lock in the order in which they asked.',
      source: 'Redisson FairLock ordering tests; published-libraries.md, case 9',
      claims: ['exclusion', 'fifo'],
      async run(world) {
        const other = world.process();
        const [a, b, c] = [await world.open(), await world.open(), await world.open()];
        await inOrder(world.freshKey(), a, [b, await other, c, b, a, c]);
      },
    },
    {
      name: 'in-order-with-tolerated-servers-down',
      behaviour:
        'With as many servers dead as it tolerates waiters still get the lock in the order in which they asked.',
      source: 'Redis docs, "Safety and liveness guarantees": fault tolerance, with a queue',
      claims: ['exclusion', 'fifo', 'toleratesDown'],
      needs: { masters: 2, control: true },
      async run(world) {
        const [a, b, c] = [await world.open(), await world.open(), await world.open()];
        for (const server of world.masters.slice(0, world.claims.toleratesDown)) await server.crash();
        await delay(30);
        await inOrder(world.freshKey(), a, [b, c, a, b]);
      },
    },
    {
      name: 'newcomer-does-not-overtake',
      behaviour: 'Who asks while the lock is handed over, the last holder included, comes behind those who wait.',
      source: 'live-mutex, whose retries go to the head; Mellor-Crummey and Scott (first come, first served)',
      claims: ['exclusion', 'fifo'],
      async run(world) {
        const [one, other, third] = [await world.open(), await world.open(), await world.open()];
        for (let i = 0; i < 5; i += 1) {
          const key = world.freshKey();
          const grant = await one.hold(key);
          const { asked } = await passes(other, key);
          const releasing = release(one, grant);
          const newcomer = third.acquire(key);
          const again = contend(one, { key, cycles: 1, startMs: nowMs() });
          ensure(
            (await newcomer).kind !== 'granted',
            'a newcomer was granted the lock although somebody waited for it',
          );
          const [[waiter], [last]] = await Promise.all([asked, again, releasing]);
          ensure(waiter.enterMs < last.enterMs, 'the last holder was let in again before somebody who waited');
        }
      },
    },
    {
      name: 'lease-that-runs-out-goes-to-the-first-in-line',
      behaviour: 'A lock whose holder never gives it back goes to those who wait in the order in which they asked.',
      source: 'simple-redis-mutex, whose waiters hear of no expiry; Redis docs, "Safety and liveness guarantees"',
      claims: ['exclusion', 'fifo', 'expires'],
      needs: { ttl: true },
      async run(world) {
        const [one, other, third] = [await world.open(), await world.open(), await world.open()];
        const key = world.freshKey();
        const { validUntilMs } = await one.hold(key, { ttlMs: world.ttl(300) });
        const [first, second] = [(await passes(other, key)).asked, (await passes(third, key)).asked];
        const [[earlier], [later]] = await Promise.all([first, second]);
        ensure(earlier.enterMs < later.enterMs, 'who asked later was let in first');
        const lateMs = earlier.enterMs - validUntilMs;
        ensure(lateMs >= 0, `the first was let in ${(-lateMs).toFixed(1)} ms before the lease ended`);
        ensure(lateMs <= promptMs, `the first was let in only ${lateMs.toFixed(0)} ms after the lease ended`);
      },
    },
    {
      name: 'dead-waiter-is-passed-over',
      behaviour: 'A waiter whose process was killed does not keep those behind it waiting.',
      source: 'Redisson FairLock (5 s for each dead waiter); live-mutex, dist/broker.js:418',
      claims: ['exclusion', 'fifo'],
      async run(world) {
        const key = world.freshKey();
        const [free, dead, waiter] = [held(world, key), await world.process(), await world.open()];
        await free;
        await passes(dead, key, longMs);
        await dead.kill();
        const tookMs = await tookAfterRelease(free, waiter, key);
        ensure(tookMs <= promptMs, `the next in line had the lock ${tookMs.toFixed(0)} ms after its release`);
      },
    },
    {
      name: 'waiter-that-stands-still-is-passed-over',
      behaviour: 'A waiter that has stood still for its whole TTL does not keep those behind it waiting.',
      source: 'Redisson FairLock threadWaitTime; locks-under-faults.md, pauses',
      claims: ['exclusion', 'fifo'],
      needs: { ttl: true },
      async run(world) {
        const key = world.freshKey();
        const [free, still, waiter] = [held(world, key), await world.process(), await world.open()];
        await free;
        const ttlMs = world.ttl(2 * promptMs);
        await passes(still, key, ttlMs);
        still.freeze();
        await delay(ttlMs);
        const tookMs = await tookAfterRelease(free, waiter, key);
        ensure(tookMs <= promptMs, `the next in line had the lock ${tookMs.toFixed(0)} ms after its release`);
      },
    },
    {
      name: 'standing-still-at-its-turn-costs-its-ttl',
      behaviour: 'A waiter that stands still when its turn comes keeps the others waiting for its own TTL at most.',
      source: 'Redis docs, "Safety and liveness guarantees": deadlock free',
      claims: ['exclusion', 'fifo', 'expires'],
      needs: { ttl: true },
      async run(world) {
        const key = world.freshKey();
        const [free, still, waiter] = [held(world, key), await world.process(), await world.open()];
        await free;
        const ttlMs = world.ttl(500);
        await passes(still, key, ttlMs);
        still.freeze();
        const tookMs = await tookAfterRelease(free, waiter, key);
        const mostMs = ttlMs + promptMs;
        ensure(tookMs <= mostMs, `the next in line had the lock ${tookMs.toFixed(0)} ms after its release`);
      },
    },
    {
      name: 'who-gave-up-is-passed-over',
      behaviour: 'Waits that were cancelled or are over leave the line, and the next in it has the lock at once.',
      source: 'live-mutex, client.js:753 (a request left in the queue); rueidislock Cleanup',
      claims: ['exclusion', 'fifo'],
      async run(world) {
        const [one, other, waiter] = [await world.open(), await world.open(), await world.open()];
        const key = world.freshKey();
        const grant = await one.hold(key, { ttlMs: longMs });
        const cancel = new CancelSource();
        const cancelled = (await asks(other, other.acquire(key, { waitMs: longMs, cancel }))).asked;
        const over = (await asks(other, other.acquire(key, { ttlMs: longMs, waitMs: 4 * apartMs }))).asked;
        const { asked } = await asks(waiter, waiter.hold(key, { waitMs: patientMs }));
        cancel.cancel();
        await Promise.all([cancelled, over]);
        const releasedMs = nowMs();
        await release(one, grant);
        const next = await asked;
        const tookMs = nowMs() - releasedMs;
        ensure(tookMs <= promptMs, `the next in line had the lock ${tookMs.toFixed(0)} ms after its release`);
        await release(waiter, next);
        await ensureNothingLeft(world, [one, other, waiter], 'after two waits were given up and all released');
      },
    },
  ],
} satisfies CaseGroup;
