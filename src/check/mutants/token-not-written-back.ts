/** Redlock with tokens that takes the highest count of its majority, and writes it back to none: the next majority may be behind. */
import type { LockStrategy } from '../../contract/index.js';
import { raiseFence } from '../../kit/fences.js';
import { intercepted } from '../../sim/wrap.js';
import redlockFenced from '../../../strategies/redlock-fenced.js';
import type { RedlockOptions } from '../../../strategies/redlock.js';

export default {
  ...redlockFenced,
  name: 'token-not-written-back',
  open: (nodes, env, options) => {
    const silent = intercepted(nodes, (_, command, send, done) => {
      if (command.script === raiseFence) env.after(0, () => done(0, null, 1));
      else send(command, done);
    });
    return redlockFenced.open(silent, env, options);
  },
} satisfies LockStrategy<'redis', RedlockOptions>;
