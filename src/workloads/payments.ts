/**
 * Takes the oldest open invoice and charges it. Item 0 is the number of the last invoice that was charged. The provider is
 * asked before, and its receipt is waited for after: the charge falls into the middle of the hold.
 */
import type { Workload } from '../contract/index.js';

export default {
  name: 'payments',
  help: 'charge the oldest open invoice, in the middle of the hold',
  invariant: 'no invoice is charged twice',
  harm: { one: 'invoice charged twice', many: 'invoices charged twice', costOnly: false },
  oneItem: true,
  async section(resource, guard, { holdMs }) {
    if (!guard.mayProceed()) return 0;
    const charged = await resource.read(0);
    await guard.pause(holdMs / 2);
    if (charged === null || !guard.mayProceed()) return 0;
    const accepted = await resource.write(0, charged + 1);
    await guard.pause(holdMs / 2);
    return accepted ? 1 : 0;
  },
} satisfies Workload;
