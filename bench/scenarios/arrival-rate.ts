/** Latency at one common arrival rate: the only fair way to compare latencies. */
import type { Scenario } from '../../src/cli/options.js';

export default {
  name: 'arrival-rate',
  help: 'single and redlock at 500 arrivals per second over 1,000 keys, timed from the intended starts',
  options: { strategy: 'single,redlock', rate: '500', keys: '1000', hold: '1ms', contenders: '32', duration: '5s' },
} satisfies Scenario;
