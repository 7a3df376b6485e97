/**
 * Time is cut into slots with one job each; whoever holds the lock runs the job of the current slot, unless it has been run.
 * Item 0 is the last slot whose job was run.
 */
import type { Workload } from '../contract/index.js';

const slotMs = 20;

export default {
  name: 'scheduler',
  help: 'run the job of the current slot of time, unless it has been run',
  invariant: 'no job runs twice',
  harm: { one: 'job run twice', many: 'jobs run twice', costOnly: false },
  oneItem: false,
  async section(resource, guard, { holdMs, nowMs }) {
    if (!guard.mayProceed()) return 0;
    const last = await resource.read(0);
    const slot = Math.floor(nowMs() / slotMs);
    const due = last !== null && last < slot;
    await guard.pause(due ? holdMs : 0);
    if (!due || !guard.mayProceed()) return 0;
    return (await resource.write(0, slot)) ? 1 : 0;
  },
} satisfies Workload;
