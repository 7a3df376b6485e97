/** Nothing but time: what the lock costs, without a resource. */
import type { Workload } from '../contract/index.js';

export default {
  name: 'hold',
  help: 'nothing but time inside the lock',
  invariant: 'one contender inside at a time',
  harm: null,
  oneItem: true,
  async section(_resource, guard, { holdMs }) {
    await guard.pause(holdMs);
    return 0;
  },
} satisfies Workload;
