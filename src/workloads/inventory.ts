/**
 * Orders of one to three units from a shelf. Item 0 is the number of the last unit sold; a shelf holds a batch, and when it
 * is empty the next batch is put there, whose units carry on the numbers. So no unit's number is ever written twice.
 */
import type { Workload } from '../contract/index.js';

const batchUnits = 100;
const largestOrder = 3;

export default {
  name: 'inventory',
  help: 'sell the next one to three units of a shelf, restocked when it is empty',
  invariant: 'no unit is sold twice',
  harm: { one: 'unit oversold', many: 'units oversold', costOnly: false },
  oneItem: true,
  async section(resource, guard, { holdMs }) {
    if (!guard.mayProceed()) return 0;
    const sold = await resource.read(0);
    await guard.pause(holdMs);
    if (sold === null) return 0;
    const onShelf = batchUnits - (sold % batchUnits);
    const wanted = Math.min(onShelf, 1 + (sold % largestOrder));
    let given = 0;
    while (given < wanted && guard.mayProceed() && (await resource.write(0, sold + given + 1))) given += 1;
    return given;
  },
} satisfies Workload;
