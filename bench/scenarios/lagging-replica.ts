/** An acknowledged lock that a failover loses. Source: Redis documentation, "Why failover-based implementations are not enough". */
import type { Scenario } from '../../src/cli/options.js';

export default {
  name: 'lagging-replica',
  help: 'a replica is promoted that had not received the newest lock: with WAIT for all replicas and without',
  options: {
    strategy: 'failover,failover@waitReplicas=all',
    fault: 'promote-lagging@2s',
    workload: 'inventory',
    trials: '5',
  },
} satisfies Scenario;
