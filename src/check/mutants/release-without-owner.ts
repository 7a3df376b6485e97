/** Redlock released by plain DEL: a holder that wakes after its lease deletes the lock of the next one. */
import type { Command, LockStrategy } from '../../contract/index.js';
import { compareAndDelete } from '../../kit/scripts.js';
import { intercepted } from '../../sim/wrap.js';
import redlock, { type RedlockOptions } from '../../../strategies/redlock.js';

function unchecked(command: Command): Command {
  return command.script === compareAndDelete ? { name: 'DEL', args: [command.args[2]] } : command;
}

export default {
  ...redlock,
  name: 'release-without-owner',
  open: (nodes, env, options) =>
    redlock.open(
      intercepted(nodes, (_, command, send, done) => send(unchecked(command), done)),
      env,
      options,
    ),
} satisfies LockStrategy<'redis', RedlockOptions>;
