/** Servers that say nothing, or are gone. */
import { delay, nowMs } from '../../base/clock.js';
import { ensureBusy, ensureNothingLeft, ensureWithin, release } from '../steps.js';
import { limits } from '../limits.js';
import type { CaseGroup, ServerHand } from '../types.js';
import { ensure, NotApplicable, shown } from '../verify.js';

async function freezeAll(servers: readonly ServerHand[]): Promise<void> {
  await Promise.all(servers.map((server) => server.freeze()));
}

export default {
  name: 'silence',
  help: 'servers that say nothing, or are gone',
  cases: [
    {
      name: 'silent-server-costs-its-timeout',
      behaviour:
        'One server that says nothing costs acquire and release at most its own limit, and keeps no key when it is back.',
      source: 'published-libraries.md, extra (d)',
      claims: ['toleratesDown'],
      needs: { masters: 2, control: true },
      async run(world) {
        const one = await world.open();
        const silent = world.masters[world.masters.length - 1];
        await silent.freeze();
        const key = world.freshKey();
        const grant = await ensureWithin(one, 'acquire with a silent server', () => one.hold(key));
        await ensureWithin(one, 'release with a silent server', () => release(one, grant));
        silent.thaw();
        await ensureNothingLeft(world, [one], 'after the silent server is back');
        const { pending, dropped } = one.backlog();
        ensure(pending === 0 && dropped === 0, `its backlog is ${shown(one.backlog())}`);
      },
    },
    {
      name: 'silent-majority-is-unreachable',
      behaviour:
        'With too many servers silent a try ends within its own limit, is not granted, and is not told that the lock is busy.',
      source: 'DistributedLock MajorityHanging',
      claims: [],
      needs: { masters: 1, control: true },
      async run(world) {
        const one = await world.open({ answerWaitMs: 100 });
        const silent = world.masters.slice(0, world.claims.toleratesDown + 1);
        await freezeAll(silent);
        const outcome = await ensureWithin(one, 'acquire', () => one.acquire(world.freshKey()));
        for (const server of silent) server.thaw();
        ensure(outcome.kind !== 'granted', `it was granted with ${silent.length} of ${world.masters.length} silent`);
        ensure(outcome.kind !== 'refused' || outcome.why !== 'busy', 'it was told that the lock is busy');
      },
    },
    {
      name: 'dead-majority-is-unreachable',
      behaviour: 'With too many servers dead, half of an even number included, a try is not granted and not told busy.',
      source: 'DistributedLock MajorityFaulting, HalfFaulting',
      claims: [],
      needs: { masters: 1, control: true },
      async run(world) {
        const one = await world.open();
        const dead = world.masters.slice(0, world.claims.toleratesDown + 1);
        for (const server of dead) await server.crash();
        await delay(30);
        const outcome = await ensureWithin(one, 'acquire', () => one.acquire(world.freshKey()));
        ensure(outcome.kind !== 'granted', `it was granted with ${dead.length} of ${world.masters.length} dead`);
        ensure(outcome.kind !== 'refused' || outcome.why !== 'busy', 'it was told that the lock is busy');
      },
    },
    {
      name: 'can-be-had-with-tolerated-servers-dead',
      behaviour:
        'With as many servers dead as it tolerates the lock can be had and given back, and is busy for others.',
      source: 'Redis docs, "Safety and liveness guarantees": fault tolerance',
      claims: ['toleratesDown'],
      needs: { masters: 2, control: true },
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        for (const server of world.masters.slice(0, world.claims.toleratesDown)) await server.crash();
        await delay(30);
        const key = world.freshKey();
        const grant = await one.hold(key);
        await ensureBusy(other, key, 'one client holds the lock');
        await release(one, grant);
      },
    },
    {
      name: 'held-through-tolerated-loss-of-data',
      behaviour: 'With as many servers emptied as it tolerates, a held lock stays busy.',
      source: 'Redis docs, "Performance, crash recovery and fsync"',
      claims: ['toleratesLoss'],
      needs: { masters: 2, control: true },
      async run(world) {
        const [one, other] = [await world.open(), await world.open()];
        const key = world.freshKey();
        const grant = await one.hold(key);
        await one.quiesce();
        for (const server of world.masters.slice(0, world.claims.toleratesLoss)) {
          await server.crash('lost');
          await server.restart();
        }
        await Promise.all([one.connected(), other.connected()]);
        await ensureBusy(other, key, `${world.claims.toleratesLoss} servers have lost their data`);
        await one.release(grant);
      },
    },
    {
      name: 'lock-of-a-dead-majority',
      behaviour:
        'When the servers of a held lock die it cannot be extended, and the ones that are left keep no key after release.',
      source: 'redis-semaphore [Node shutdown]',
      claims: ['ownerRelease'],
      needs: { masters: 1, control: true },
      async run(world) {
        const one = await world.open();
        const key = world.freshKey();
        const grant = await one.hold(key, { waitMs: limits.leaseMs });
        await one.quiesce();
        const dead = world.masters.slice(0, world.claims.toleratesDown + 1);
        for (const server of dead) await server.crash();
        await delay(30);
        const { kind } = await one.extend(grant, 60_000);
        ensure(kind !== 'extended', 'it was extended with too many servers dead');
        ensure(grant.validUntilMs - nowMs() <= limits.leaseMs, 'its validity has moved');
        const told = await one.release(grant);
        ensure(told.kind !== 'released', `release was told ${shown(told)}`);
        for (const server of dead) await server.restart();
        await one.connected();
        await ensureNothingLeft(world, [one], 'after the release');
      },
    },
    {
      name: 'too-few-replicas-is-no-grant',
      behaviour: 'Where replicas must acknowledge, too few acknowledgements are no grant, and the key is taken back.',
      source: 'Redis docs, "Why failover-based implementations are not enough"; WAIT',
      claims: ['exclusion'],
      needs: { masters: 1, replicas: true, control: true },
      async run(world) {
        if (world.options['waitReplicas'] === undefined) throw new NotApplicable('it does not wait for replicas');
        const one = await world.open({ options: { waitReplicas: 'all', waitTimeout: 100 } });
        const key = world.freshKey();
        await release(one, await one.hold(key, { waitMs: limits.leaseMs }));
        await freezeAll(world.replicas.slice(0, 1));
        const outcome = await one.acquire(key);
        ensure(outcome.kind === 'refused' || outcome.kind === 'unknown', `it was told ${shown(outcome)}`);
        await ensureNothingLeft(world, [one], 'after a lock that a replica did not acknowledge');
      },
    },
  ],
} satisfies CaseGroup;
