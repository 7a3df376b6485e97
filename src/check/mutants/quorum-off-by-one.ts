/** Redlock with N/2 rounded down as its quorum: two holders need not share a node. */
import type { LockStrategy } from '../../contract/index.js';
import redlock, { type RedlockOptions } from '../../../strategies/redlock.js';

export default {
  ...redlock,
  name: 'quorum-off-by-one',
  open: (nodes, env, options) => redlock.open(nodes, env, { ...options, quorum: String(Math.floor(nodes.length / 2)) }),
} satisfies LockStrategy<'redis', RedlockOptions>;
