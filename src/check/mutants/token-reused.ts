/**
 * Redlock with one token for all its tries and no release between them: the key that an earlier try left votes against
 * the next. What redlock 5.0.0-beta.2 does.
 */
import type { LockStrategy } from '../../contract/index.js';
import redlock, { type RedlockOptions } from '../../../strategies/redlock.js';
import noRelease from './no-release-after-failure.js';

export default {
  ...redlock,
  name: 'token-reused',
  open: (nodes, env, options) => {
    const token = env.token();
    return noRelease.open(nodes, { ...env, token: () => token }, options);
  },
} satisfies LockStrategy<'redis', RedlockOptions>;
