/** Answers that come late, or not at all. */
import { delay, nowMs } from '../../base/clock.js';
import type { AcquireOutcome } from '../../contract/index.js';
import { ensureNothingLeft, eventually, isGranted, release } from '../steps.js';
import type { CaseGroup, Client, World } from '../types.js';
import { ensure, shown } from '../verify.js';

function ensureNotLate(outcome: AcquireOutcome): void {
  if (!isGranted(outcome)) return;
  const lateMs = nowMs() - outcome.grant.validUntilMs;
  ensure(lateMs < 0, `it was granted ${lateMs.toFixed(0)} ms after the validity of the grant`);
}

/** Longer than the lease: then only the design's own look at the clock is left. */
const patientMs = 1_000;
const shortTtlMs = 100;
/** Longer than anybody looks for leftovers. */
const longTtlMs = 30_000;

async function releaseAll(client: Client, outcomes: readonly AcquireOutcome[]): Promise<void> {
  for (const outcome of outcomes) if (isGranted(outcome)) await client.release(outcome.grant);
}

async function through(world: World, answerWaitMs: number) {
  const relays = await world.relays();
  return { relays, client: await world.open({ through: relays, answerWaitMs }) };
}

export default {
  name: 'late-answers',
  help: 'answers that come late, or not at all',
  cases: [
    {
      name: 'answer-after-the-lease-is-no-grant',
      behaviour: 'Servers that stand still for longer than the TTL and then say yes grant nothing.',
      source: 'published-libraries.md, extra (c); DistributedLock AcquireFailsIfItTakesTooLong',
      claims: ['exclusion', 'expires'],
      needs: { masters: 1, control: true, ttl: true },
      async run(world) {
        const one = await world.open({ answerWaitMs: patientMs });
        for (const server of world.masters) await server.freeze();
        const trying = one.acquire(world.freshKey(), { ttlMs: shortTtlMs });
        await delay(2 * shortTtlMs);
        for (const server of world.masters) server.thaw();
        ensure((await trying).kind !== 'granted', 'it was granted when the lease was over');
      },
    },
    {
      name: 'slow-answers-are-no-grant',
      behaviour: 'Answers that are under way for longer than the TTL grant nothing.',
      source: 'redlock-universal clock drift tests; Redis docs, "The Redlock Algorithm", step 3',
      claims: ['exclusion', 'expires'],
      needs: { masters: 1, ttl: true },
      async run(world) {
        const { relays, client } = await through(world, patientMs);
        for (const relay of relays) relay.set({ replyDelayMs: 150 });
        const outcome = await client.acquire(world.freshKey(), { ttlMs: shortTtlMs });
        ensure(!isGranted(outcome), 'it was granted when the lease was over');
      },
    },
    {
      name: 'late-grant-leaves-no-key',
      behaviour: 'What was granted too late, or too late to be heard of, is released on every server.',
      source: 'DistributedLock FailedAcquireReleases; published-libraries.md, extra (j)',
      claims: ['ownerRelease'],
      needs: { masters: 1, control: true },
      async run(world) {
        const clients = [await world.open({ answerWaitMs: patientMs }), await world.open({ answerWaitMs: 60 })];
        for (const server of world.masters) await server.freeze();
        const tries = clients.map((client) => client.acquire(world.freshKey(), { ttlMs: longTtlMs }));
        const first = delay(120).then(() => world.masters.forEach((server) => server.thaw()));
        const outcomes = await Promise.all(tries);
        await first;
        await releaseAll(clients[0], outcomes.slice(0, 1));
        await releaseAll(clients[1], outcomes.slice(1));
        await ensureNothingLeft(world, clients, 'after servers had stood still for longer than they were waited for');
      },
    },
    {
      name: 'lost-answer-leaves-no-key',
      behaviour: 'A server whose yes was lost keeps no key once the lock was released.',
      source: 'published-libraries.md, extra (e); Redis docs: release on all instances',
      claims: ['ownerRelease'],
      needs: { masters: 1 },
      async run(world) {
        const { relays, client } = await through(world, 60);
        const lossy = relays[0];
        lossy.set({ replies: 'drop' });
        const outcome = await client.acquire(world.freshKey(), { ttlMs: longTtlMs });
        // A design that needs no answer from this server may be done before the server is.
        await eventually(() => lossy.touched() > 0);
        lossy.set({ replies: 'pass' });
        lossy.cut();
        await releaseAll(client, [outcome]);
        await client.connected();
        await ensureNothingLeft(world, [client], 'after an answer was lost and its connection cut');
      },
    },
    {
      name: 'late-server-of-a-failed-try-keeps-no-key',
      behaviour: 'A server that answers only after the try has failed is released there, too.',
      source: 'DistributedLock FailedAcquireReleases (node that answers late)',
      claims: ['ownerRelease'],
      needs: { masters: 3, control: true },
      async run(world) {
        const one = await world.open();
        const key = world.freshKey();
        const taken = world.masters.slice(0, world.claims.toleratesDown + 1);
        for (const server of taken) await world.occupy(server, key);
        const late = world.masters[world.masters.length - 1];
        await late.freeze();
        const outcome = await one.acquire(key, { ttlMs: longTtlMs });
        ensure(outcome.kind !== 'granted', `it was told ${shown(outcome)}`);
        await delay(100);
        late.thaw();
        for (const server of taken) await server.call('FLUSHALL');
        await ensureNothingLeft(world, [one], 'after a failed try in which one server answered late');
      },
    },
    {
      name: 'timeout-racing-with-a-grant',
      behaviour:
        'Answers that come just about when they are no longer waited for grant validly or not at all, and orphan no key.',
      source: 'published-libraries.md, extra (j)',
      claims: ['ownerRelease'],
      needs: { masters: 1 },
      async run(world) {
        const answerWaitMs = 30;
        const { relays, client } = await through(world, answerWaitMs);
        for (const replyDelayMs of [26, 28, 29, 30, 31, 34]) {
          for (const relay of relays) relay.set({ replyDelayMs });
          const outcome = await client.acquire(world.freshKey(), { ttlMs: longTtlMs });
          ensureNotLate(outcome);
          await releaseAll(client, [outcome]);
        }
        for (const relay of relays) relay.set({ replyDelayMs: 0 });
        await ensureNothingLeft(world, [client], 'after answers raced with their time limit');
      },
    },
    {
      name: 'cut-connections-orphan-no-key',
      behaviour: 'Connections cut in the middle of acquiring and releasing leave no key once they are back.',
      source: 'Curator NodeDeletedCleanlyWithFaults, NoOrphanedNodes',
      claims: ['ownerRelease'],
      needs: { masters: 1 },
      async run(world) {
        const { relays, client } = await through(world, 100);
        for (const relay of relays) relay.set({ requestDelayMs: 2, replyDelayMs: 2 });
        for (let i = 0; i < 6; i += 1) {
          await client.connected();
          const trying = client.acquire(world.freshKey(), { ttlMs: longTtlMs });
          await delay(i);
          relays[i % relays.length].cut();
          const outcome = await trying;
          ensureNotLate(outcome);
          if (isGranted(outcome)) {
            const releasing = client.release(outcome.grant);
            await delay(i);
            relays[(i + 1) % relays.length].cut();
            await releasing;
          }
        }
        for (const relay of relays) relay.set({ requestDelayMs: 0, replyDelayMs: 0 });
        await client.connected();
        await ensureNothingLeft(world, [client], 'after connections were cut in the middle');
      },
    },
    {
      name: 'slow-answers-in-time-are-a-grant',
      behaviour: 'Answers that are slow but within the lease grant it, and it can be released.',
      source: 'the control of the cases above',
      claims: [],
      needs: { masters: 1 },
      async run(world) {
        const { relays, client } = await through(world, patientMs);
        for (const relay of relays) relay.set({ replyDelayMs: 60 });
        await release(client, await client.hold(world.freshKey()));
      },
    },
  ],
} satisfies CaseGroup;
