/** A replicated topology is ready when the primary itself counts all its replicas: WAIT, not the replicas' own word. */
import { delay, nowMs } from '../base/clock.js';
import { LockbenchError } from '../contract/index.js';
import type { Fleet } from './fleet.js';

const readyLimitMs = 10_000;
const waitMs = 100;
const pollMs = 5;

/** Does nothing for a fleet without replicas. */
export async function awaitReplicas(fleet: Fleet): Promise<void> {
  const [primary] = fleet.members;
  const replicas = fleet.members.filter((member) => member.kind === 'replica').length;
  if (primary === undefined || replicas === 0) return;
  const limit = nowMs() + readyLimitMs;
  let counted = 0;
  while (nowMs() < limit) {
    counted = Number(await fleet.call(primary, 'WAIT', replicas, waitMs));
    if (counted >= replicas) return;
    await delay(pollMs);
  }
  throw new LockbenchError(
    'SERVER_FAILED',
    `${primary.name}: ${counted} of ${replicas} replicas follow it after ${readyLimitMs} ms (WAIT)`,
    'See the logs of the replicas: is the link to the primary refused, or the data too large to copy?',
  );
}
