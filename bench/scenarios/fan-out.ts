/** What asking all nodes at once buys over asking them in turn, and what waiting for all of them costs. */
import type { Scenario } from '../../src/cli/options.js';

export default {
  name: 'fan-out',
  help: 'redlock with parallel and sequential fan-out, and with all nodes as quorum; many keys, no contention',
  options: {
    strategy: 'redlock,redlock@fanout=sequential,redlock@quorum=all',
    keys: '1000',
    hold: '0',
    think: '5ms',
    duration: '5s',
    repeat: '3',
  },
} satisfies Scenario;
