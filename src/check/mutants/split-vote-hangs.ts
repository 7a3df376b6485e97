/**
 * Redlock whose round ends at a quorum of yes or a quorum of no, which an even number of nodes need not give: two against
 * two, and it waits for ever (redlock 5.0.0-beta.2). Here the noes are held back until there is a quorum of them.
 */
import type { LockStrategy } from '../../contract/index.js';
import { intercepted } from '../../sim/wrap.js';
import redlock, { type RedlockOptions } from '../../../strategies/redlock.js';

export default {
  ...redlock,
  name: 'split-vote-hangs',
  open: (nodes, env, options) => {
    const quorum = Math.floor(nodes.length / 2) + 1;
    const noes = new WeakMap<object, (() => void)[]>();
    const waiting = intercepted(nodes, (_, command, send, done) => {
      send(command, (tag, failure, reply) => {
        if (command.name !== 'SET' || reply === 'OK') {
          done(tag, failure, reply);
          return;
        }
        const held = noes.get(command) ?? [];
        noes.set(command, [...held, () => done(tag, failure, reply)]);
        if (held.length + 1 >= quorum) for (const tell of noes.get(command) ?? []) tell();
      });
    });
    return redlock.open(waiting, env, options);
  },
} satisfies LockStrategy<'redis', RedlockOptions>;
