/**
 * The primary dies, and a replica is promoted that had not received the newest lock. Source: Redis documentation,
 * "Distributed locks with Redis", "Why failover-based implementations are not enough".
 */
import type { Fault } from '../contract/index.js';
import { anyReplica, cutOff, onlyWithoutSentinels, promote } from './promotion.js';

export default {
  name: 'promote-lagging',
  help: 'the primary dies, and a replica is promoted that had not received the newest lock',
  hits: 'replication',
  defaultTarget: 'primary',
  options: {},
  needs: { ownServers: true, relay: true, replicationRelay: true },
  refuses: onlyWithoutSentinels,
  async strike(lab) {
    const chosen = anyReplica(lab);
    const { atMs, holder, tried } = await cutOff(lab, chosen);
    const { killedMs, promotedMs } = await promote(lab, chosen);
    const held =
      holder === null
        ? `no lock was granted while it lagged, though ${tried} acquires had reached the primary`
        : `${holder.name} was granted key ${holder.key} after that`;
    return {
      what: `${chosen.name} cut off from the primary; ${held}; SIGKILL to the primary, ${chosen.name} promoted`,
      atMs,
      steps: [
        { atMs, what: `${chosen.name} cut off from the primary` },
        { atMs: killedMs, what: 'SIGKILL to the primary' },
        { atMs: promotedMs, what: `${chosen.name} promoted: it is the primary now` },
      ],
      lost: holder === null ? [] : [chosen],
      probe: () =>
        Promise.resolve(holder !== null || tried > 1 ? null : 'nobody took the lock while the replica lagged'),
    };
  },
} satisfies Fault;
