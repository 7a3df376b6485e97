/** Redlock that releases only where it was told OK: a node whose answer was lost keeps the key (redlock-universal 0.8.5). */
import type { LockStrategy } from '../../contract/index.js';
import { compareAndDelete } from '../../kit/scripts.js';
import { intercepted } from '../../sim/wrap.js';
import redlock, { type RedlockOptions } from '../../../strategies/redlock.js';

export default {
  ...redlock,
  name: 'release-where-ok',
  open: (nodes, env, options) => {
    const saidOk = new Set<string>();
    const selective = intercepted(nodes, (node, command, send, done) => {
      if (command.name === 'SET') {
        send(command, (tag, failure, reply) => {
          if (reply === 'OK') saidOk.add(`${command.args[1]} ${node.index}`);
          done(tag, failure, reply);
        });
      } else if (command.script !== compareAndDelete || saidOk.has(`${command.args[3]} ${node.index}`)) {
        send(command, done);
      } else env.after(0, () => done(node.index, null, 0));
    });
    return redlock.open(selective, env, options);
  },
} satisfies LockStrategy<'redis', RedlockOptions>;
