/** Nothing but time: what the lock costs, without a resource. */
import type { Workload } from '../contract/index.js';

export default {
  name: 'hold',
  help: 'nothing but time inside the lock',
  invariant: 'one contender inside at a time',
  cellsPerKey: 0,
  async section(_cells, _at, guard, holdMs) {
    await guard.pause(holdMs);
    return 0;
  },
} satisfies Workload;
