/** Redlock that allows nothing for servers whose clocks run fast. */
import type { LockStrategy } from '../../contract/index.js';
import redlock, { type RedlockOptions } from '../../../strategies/redlock.js';

export default {
  ...redlock,
  name: 'drift-ignored',
  open: (nodes, env, options) => redlock.open(nodes, env, { ...options, driftFactor: 0 }),
} satisfies LockStrategy<'redis', RedlockOptions>;
