/** The primary dies, and a replica is promoted that has received the newest lock: what a failover should be. */
import type { Fault } from '../contract/index.js';
import { anyReplica, bringBack, keepHolder, offsetOf, promote } from './promotion.js';

const lookMs = 1;

export default {
  name: 'promote-current',
  help: 'the primary dies, and a replica is promoted that has received the newest lock',
  hits: 'replication',
  defaultTarget: 'primary',
  options: {},
  needs: { ownServers: true, relay: true, replicationRelay: true },
  refuses: ({ topology }) => (topology.kind === 'replicated' ? null : 'there is no replica to promote'),
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
    const atMs = lab.nowMs();
    await promote(lab, chosen);
    return {
      what: `${chosen.name} knew the lock of ${holder.name} on key ${holder.key}; SIGKILL to the primary, ${chosen.name} promoted`,
      atMs,
      probe: () => Promise.resolve(null),
      heal: () => bringBack(lab, chosen),
    };
  },
} satisfies Fault;
