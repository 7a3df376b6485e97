/** The primary dies, and a replica is promoted that has received the newest lock: what a failover should be. */
import type { Fault } from '../contract/index.js';
import { keepHolder } from './aim.js';
import { anyReplica, offsetOf, onlyWithoutSentinels, promote } from './promotion.js';

const lookMs = 1;

export default {
  name: 'promote-current',
  help: 'the primary dies, and a replica is promoted that has received the newest lock',
  hits: 'replication',
  defaultTarget: 'primary',
  options: {},
  needs: { ownServers: true, relay: true, replicationRelay: true },
  refuses: onlyWithoutSentinels,
  async strike(lab) {
    const chosen = anyReplica(lab);
    const holder = await keepHolder(lab);
    if (holder === null) throw new Error(`nobody was granted the lock within ${Math.round(lab.patienceMs)} ms`);
    const wanted = await offsetOf(lab.servers[0]!, 'master_repl_offset');
    const untilMs = lab.nowMs() + lab.patienceMs;
    while (!((await offsetOf(chosen, 'slave_repl_offset')) >= wanted)) {
      if (lab.nowMs() > untilMs) throw new Error(`${chosen.name} did not catch up`);
      await lab.sleep(lookMs);
    }
    const { killedMs, promotedMs } = await promote(lab, chosen);
    return {
      what: `${chosen.name} knew the lock of ${holder.name} on key ${holder.key}; SIGKILL to the primary, ${chosen.name} promoted`,
      atMs: killedMs,
      steps: [
        { atMs: killedMs, what: 'SIGKILL to the primary' },
        { atMs: promotedMs, what: `${chosen.name} promoted: it is the primary now` },
      ],
      probe: () => Promise.resolve(null),
    };
  },
} satisfies Fault;
