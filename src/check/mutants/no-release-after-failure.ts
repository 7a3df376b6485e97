/** Redlock that releases what it was granted only: the keys of a round that failed block the lock until TTL. */
import type { LockStrategy } from '../../contract/index.js';
import { compareAndDelete } from '../../kit/scripts.js';
import { intercepted, replaced } from '../../sim/wrap.js';
import redlock, { type RedlockOptions } from '../../../strategies/redlock.js';

export default {
  ...redlock,
  name: 'no-release-after-failure',
  open: async (nodes, env, options) => {
    const granted = new Set<unknown>();
    const selective = intercepted(nodes, (node, command, send, done) => {
      if (command.script !== compareAndDelete || granted.has(command.args[3])) send(command, done);
      else env.after(0, () => done(node.index, null, 0));
    });
    const session = await redlock.open(selective, env, options);
    return replaced(session, {
      release: (grant) => {
        granted.add(grant.token);
        return session.release(grant);
      },
    });
  },
} satisfies LockStrategy<'redis', RedlockOptions>;
