/** A lease ends by itself, on the server as for its holder. */
import { nowMs } from '../../base/clock.js';
import { delayUntil, ensureBusy } from '../steps.js';
import { limits } from '../limits.js';
import type { CaseGroup } from '../types.js';
import { ensure } from '../verify.js';

const waitMs = 2_000;
/** How long after the lease a waiter may still be kept waiting, on a busy machine. */
const slackMs = 1_500;

export default {
  name: 'expiry',
  help: 'a lease ends by itself, on the server as for its holder',
  cases: [
    {
      name: 'expires-at-its-ttl',
      behaviour: 'A lease that nobody releases ends at its TTL and not before, and can then be had.',
      source: 'node-redlock "wait for auto-release"; redis-py; Redis docs, "Safety and liveness guarantees"',
      claims: ['exclusion', 'expires'],
      needs: { ttl: true },
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        const ttlMs = world.ttl(150);
        const abandoned = await one.hold(key, { ttlMs });
        await other.hold(key, { waitMs });
        const lateMs = nowMs() - abandoned.validUntilMs;
        ensure(lateMs >= 0, `another client was granted it ${(-lateMs).toFixed(1)} ms before the lease ended`);
        ensure(lateMs <= slackMs, `another client was granted it only ${lateMs.toFixed(0)} ms after the lease ended`);
      },
    },
    {
      name: 'ttl-on-the-server-is-as-asked',
      behaviour: 'The key carries the TTL that was asked for, on every server that holds it.',
      source: 'node-redlock; redis-semaphore; redlock-universal',
      claims: ['expires'],
      needs: { masters: 1, ttl: true },
      async run(world) {
        const one = await world.open();
        const key = world.freshKey();
        for (const ttlMs of [world.ttl(1_500), world.ttl(30_000)]) {
          const startMs = nowMs();
          const grant = await one.hold(key, { ttlMs });
          await one.quiesce();
          const leastMs = ttlMs - (nowMs() - startMs) - 2;
          const ttls = await world.ttlsOf(key);
          const passedMs = nowMs() - startMs;
          for (const left of ttls) {
            ensure(left !== -1, 'the key has no expiry');
            const right = left <= ttlMs && left >= leastMs - passedMs;
            ensure(right, `asked for ${ttlMs} ms, the server shows ${left} ms ${passedMs.toFixed(0)} ms later`);
          }
          await one.release(grant);
          await one.quiesce();
        }
      },
    },
    {
      name: 'validity-ends-before-the-key-does',
      behaviour:
        'Validity is counted from before the servers are asked: it ends before they let go, however slow the answers.',
      source: 'Redis docs, "The Redlock Algorithm", steps 1 and 3',
      claims: ['exclusion', 'expires'],
      needs: { masters: 1, ttl: true },
      async run(world) {
        const relays = await world.relays();
        const one = await world.open({ through: relays, answerWaitMs: 500 });
        for (const relay of relays) relay.set({ replyDelayMs: 40 });
        const key = world.freshKey();
        const { validUntilMs } = await one.hold(key);
        const ttls = await world.ttlsOf(key);
        const readMs = nowMs();
        const ends = ttls.map((left) => (left < 0 ? -Infinity : readMs + left)).sort((a, b) => b - a);
        const overMs = validUntilMs - ends[world.quorum - 1];
        ensure(overMs <= 2, `validity ends ${overMs.toFixed(1)} ms after the servers let the lock go`);
      },
    },
    {
      name: 'closed-session-does-not-hold-for-ever',
      behaviour: 'What a session held when it was closed can be had within the TTL.',
      source: 'DistributedLock TestLockAbandonment',
      claims: ['exclusion', 'expires'],
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        const ttlMs = world.ttl(200);
        await one.hold(key, { ttlMs });
        const startMs = nowMs();
        await one.close();
        await other.hold(key, { waitMs });
        const tookMs = nowMs() - startMs;
        ensure(tookMs <= ttlMs + slackMs, `it was had after ${tookMs.toFixed(0)} ms, with a TTL of ${ttlMs} ms`);
      },
    },
    {
      name: 'killed-holder-does-not-hold-for-ever',
      behaviour: 'What a process held when it was killed is held until its TTL, and can then be had.',
      source: 'DistributedLock TestCrossProcessAbandonmentWithKill',
      claims: ['exclusion', 'expires'],
      needs: { ttl: true },
      async run(world) {
        const [holder, other] = await Promise.all([world.process(), world.open()]);
        const key = world.freshKey();
        const ttlMs = world.ttl(500);
        const validUntilMs = await holder.hold(key, ttlMs);
        await holder.kill();
        const next = await other.hold(key, { waitMs });
        const lateMs = nowMs() - validUntilMs;
        ensure(lateMs >= 0, `another client was granted it ${(-lateMs).toFixed(1)} ms before the lease ended`);
        ensure(lateMs <= slackMs, `another client was granted it only ${lateMs.toFixed(0)} ms after the lease ended`);
        ensure(next.validUntilMs > nowMs(), 'and its validity was over');
      },
    },
    {
      name: 'validity-runs-out-without-the-servers',
      behaviour:
        'With all servers out of reach, a lease is over at its TTL for its holder, too, and cannot be extended.',
      source: 'published-libraries.md, extra (h)',
      claims: ['expires'],
      needs: { masters: 1, control: true, ttl: true },
      async run(world) {
        const one = await world.open({ answerWaitMs: 60 });
        const key = world.freshKey();
        const ttlMs = world.ttl(300);
        const startMs = nowMs();
        const grant = await one.hold(key, { ttlMs });
        const untilMs = grant.validUntilMs;
        ensure(
          untilMs <= nowMs() + ttlMs,
          `validity ends ${(untilMs - startMs).toFixed(0)} ms from now, TTL ${ttlMs} ms`,
        );
        for (const server of world.masters) await server.freeze();
        await delayUntil(untilMs);
        const overMs = grant.validUntilMs - nowMs();
        ensure(overMs <= 0, `the lease is ${overMs.toFixed(0)} ms longer than it was granted, with no server in reach`);
        const { kind } = await one.extend(grant, limits.leaseMs);
        ensure(kind !== 'extended', 'it was extended when it was over and no server in reach');
        ensure(grant.validUntilMs <= nowMs(), 'it became valid again with no server in reach');
      },
    },
    {
      name: 'held-until-the-end-of-validity',
      behaviour: 'Until the last moment of its validity nobody else is granted the lock.',
      source: 'Redis docs, "Safety arguments"',
      claims: ['exclusion', 'expires'],
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        const ttlMs = world.ttl(250);
        const grant = await one.hold(key, { ttlMs });
        const untilMs = Math.min(grant.validUntilMs, nowMs() + ttlMs);
        while (untilMs - nowMs() > 40) await ensureBusy(other, key, 'a lease is valid');
      },
    },
  ],
} satisfies CaseGroup;
