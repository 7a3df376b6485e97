/** Leases that end with the session of their holder: when that is gone the lock is free, and its holder hears of it. */
import { nowMs } from '../../base/clock.js';
import { ensureBusy, eventually } from '../steps.js';
import type { CaseGroup, World } from '../types.js';
import { ensure, NotApplicable, shown } from '../verify.js';

/** A server that is told of the end of a connection finds out at once; one that is not takes its time-outs. */
const waitMs = 15_000;

function ensureSession({ claims }: World): void {
  if (claims.lease !== 'session') throw new NotApplicable('its lease ends after a time, not with a session');
}

export default {
  name: 'session',
  help: 'leases that end with the session of their holder',
  cases: [
    {
      name: 'killed-holder-is-let-go-with-its-session',
      behaviour: 'What a process held when it was killed can be had soon, without anybody releasing it.',
      source: 'DistributedLock.Postgres TestCrossProcessAbandonmentWithKill',
      claims: ['exclusion', 'expires'],
      needs: { masters: 1 },
      async run(world) {
        ensureSession(world);
        const [holder, other] = await Promise.all([world.process(), world.open()]);
        const key = world.freshKey();
        await holder.hold(key, world.ttl(500));
        await ensureBusy(other, key, 'a process holds it');
        await holder.kill();
        await other.hold(key, { waitMs });
      },
    },
    {
      name: 'lost-session-is-told',
      behaviour:
        'A holder who is cut off is told when its session is lost, its validity ends there, and its release says lost.',
      source: 'DistributedLock HandleLostToken; Curator TestInterProcessMutexBase (session loss)',
      claims: [],
      needs: { masters: 1 },
      async run(world) {
        ensureSession(world);
        const relays = await world.relays();
        const one = await world.open({ through: relays });
        const key = world.freshKey();
        const grant = await one.hold(key, { ttlMs: world.ttl(500) });
        let told = 0;
        grant.onLost(() => (told += 1));
        // A session may outlive its connection, but not for longer than its time-out.
        for (const relay of relays) {
          relay.set({ requests: 'hold', replies: 'hold' });
          relay.reset();
        }
        ensure(await eventually(() => told > 0), 'it was cut off, and it was not told that its lock is lost');
        ensure(
          grant.validUntilMs <= nowMs(),
          () => `its validity ends ${shown(grant.validUntilMs - nowMs())} ms later`,
        );
        const outcome = await one.release(grant);
        ensure(outcome.kind !== 'released', `release of a lost lock answered ${shown(outcome)}`);
        await (await world.open()).hold(key, { waitMs });
      },
    },
  ],
} satisfies CaseGroup;
