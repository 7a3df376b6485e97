/**
 * The primary dies, and a replica is promoted that had not received the newest lock. Source: Redis documentation,
 * "Distributed locks with Redis", "Why failover-based implementations are not enough".
 */
import type { Fault } from '../contract/index.js';
import { anyReplica, bringBack, cutOffAndKeepHolder, promote } from './promotion.js';

export default {
  name: 'promote-lagging',
  help: 'the primary dies, and a replica is promoted that had not received the newest lock',
  hits: 'replication',
  defaultTarget: 'primary',
  breaks: 'data',
  options: {},
  needs: { ownServers: true, relay: true, replicationRelay: true },
  refuses: ({ topology }) => (topology.kind === 'replicated' ? null : 'there is no replica to promote'),
  async strike(lab) {
    const chosen = anyReplica(lab);
    const before = lab.attempts();
    const holder = await cutOffAndKeepHolder(lab, chosen);
    const asked = lab.attempts().begun - before.begun + before.underWay;
    const atMs = lab.nowMs();
    await promote(lab, chosen);
    const held =
      holder === null
        ? `no lock was granted while it lagged, though ${asked} acquires were under way`
        : `${holder.name} had been granted key ${holder.key} after the cut`;
    return {
      what: `${chosen.name} cut off from the primary; ${held}; SIGKILL to the primary, ${chosen.name} promoted`,
      atMs,
      probe: () =>
        Promise.resolve(holder !== null || asked > 0 ? null : 'nobody asked for the lock while the replica lagged'),
      heal: () => bringBack(lab, chosen),
    };
  },
} satisfies Fault;
