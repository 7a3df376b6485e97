/** A cluster of etcd is ready for use when its nodes have agreed on who leads. */
import { delay, nowMs } from '../base/clock.js';
import { LockbenchError } from '../contract/index.js';
import { asEtcd } from './etcd-dialect.js';
import type { Fleet } from './fleet.js';

const leaderLimitMs = 10_000;
const lookMs = 10;

/** All of them know one and the same. */
export async function awaitLeader(fleet: Fleet): Promise<void> {
  const untilMs = nowMs() + leaderLimitMs;
  for (;;) {
    const leaders = await Promise.all(
      fleet.members.map((member) =>
        fleet.admin(member).then(
          async (admin) => (await asEtcd(admin).status()).leader,
          () => 0n,
        ),
      ),
    );
    if (leaders[0] !== 0n && new Set(leaders).size === 1) return;
    if (nowMs() > untilMs) {
      throw new LockbenchError(
        'SERVER_FAILED',
        `the nodes of etcd have not agreed on a leader in ${leaderLimitMs / 1000} s`,
      );
    }
    await delay(lookMs);
  }
}
