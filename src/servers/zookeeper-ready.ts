/** When the servers of an ensemble are ready for use together. */
import { delay, nowMs } from '../base/clock.js';
import { LockbenchError } from '../contract/index.js';
import type { Fleet } from './fleet.js';

const settleLimitMs = 30_000;
const lookMs = 10;

/** All of them, not a majority: each is one that clients may come to. */
export async function allServe(fleet: Fleet): Promise<void> {
  const untilMs = nowMs() + settleLimitMs;
  for (const member of fleet.members) {
    while ((await fleet.call(member, 'ROLE').catch(() => '')) === '') {
      if (nowMs() > untilMs)
        throw new LockbenchError('SERVER_FAILED', `${member.name} has not found its place in the ensemble`);
      await delay(lookMs);
    }
  }
}
