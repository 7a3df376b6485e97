/** One lock that everybody wants: the classic of every argument about distributed locks. */
import type { Scenario } from '../../src/cli/options.js';

export default {
  name: 'hot-key',
  help: 'single, failover and redlock side by side, sixteen contenders for one key, a counter inside',
  options: {
    strategy: 'single,failover,redlock',
    contenders: '8',
    workers: '2',
    keys: '1',
    workload: 'counter',
    duration: '5s',
  },
} satisfies Scenario;
