/** Read, wait, write: the smallest thing that a broken lock breaks. Each key has a value of its own, outside the lock service. */
import type { Workload } from '../contract/index.js';

export default {
  name: 'counter',
  help: 'read a value, spend the hold, write it back plus one',
  invariant: 'no update is lost',
  cellsPerKey: 1,
  async section(cells, at, guard, holdMs) {
    if (!guard.mayProceed()) return 0;
    const value = Atomics.load(cells, at);
    await guard.pause(holdMs);
    if (!guard.mayProceed()) return 0;
    Atomics.store(cells, at, value + 1);
    return 1;
  },
} satisfies Workload;
