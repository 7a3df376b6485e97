/**
 * A queue that delivers each message to everybody; whoever finds it without a mark handles it and marks it. Every message
 * has an item of its own: 0 until it is handled, then 1.
 */
import type { Workload } from '../contract/index.js';

/** How long a message is the newest one. */
const messageMs = 10;

export default {
  name: 'dedup',
  help: 'handle the newest message, which everybody gets, unless it is marked',
  invariant: 'no message is handled twice',
  harm: { one: 'message handled twice', many: 'messages handled twice', costOnly: false },
  oneItem: false,
  async section(resource, guard, { holdMs, nowMs }) {
    if (!guard.mayProceed()) return 0;
    const message = Math.floor(nowMs() / messageMs);
    const open = (await resource.read(message)) === 0;
    await guard.pause(open ? holdMs : 0);
    if (!open || !guard.mayProceed()) return 0;
    return (await resource.write(message, 1)) ? 1 : 0;
  },
} satisfies Workload;
