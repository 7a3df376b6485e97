/** Read, wait, write: the smallest thing that a broken lock breaks. Each key has a value of its own, outside the lock service. */
import type { Workload } from '../contract/index.js';

export default {
  name: 'counter',
  help: 'read a value, spend the hold, write it back plus one',
  invariant: 'no update is lost',
  harm: { one: 'update lost', many: 'updates lost', costOnly: false },
  oneItem: true,
  async section(resource, guard, { holdMs }) {
    if (!guard.mayProceed()) return 0;
    const value = await resource.read(0);
    await guard.pause(holdMs);
    if (value === null || !guard.mayProceed()) return 0;
    return (await resource.write(0, value + 1)) ? 1 : 0;
  },
} satisfies Workload;
