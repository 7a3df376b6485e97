/**
 * Redlock without its step 3: granted on quorum, the clock not looked at again. What redlock 5.0.0-beta.2 does (its pull
 * request 369). Here the clock that the design sees stands still from the start of a round to its end.
 */
import type { LockStrategy } from '../../contract/index.js';
import redlock, { type RedlockOptions } from '../../../strategies/redlock.js';

export default {
  ...redlock,
  name: 'clock-not-reread',
  open: (nodes, env, options) => {
    let roundStartMs = env.nowMs();
    const token = (): string => {
      roundStartMs = env.nowMs();
      return env.token();
    };
    return redlock.open(nodes, { ...env, token, nowMs: () => roundStartMs }, options);
  },
} satisfies LockStrategy<'redis', RedlockOptions>;
