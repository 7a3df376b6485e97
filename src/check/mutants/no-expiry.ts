/** `single` whose SET has no PX: whoever dies while holding blocks everybody for ever. */
import type { Command, LockStrategy } from '../../contract/index.js';
import { intercepted } from '../../sim/wrap.js';
import single, { type SingleOptions } from '../../../strategies/single.js';

function withoutExpiry(command: Command): Command {
  return command.name === 'SET' ? { name: 'SET', args: [...command.args.slice(0, 2), 'NX'] } : command;
}

export default {
  ...single,
  name: 'no-expiry',
  open: (nodes, env, options) =>
    single.open(
      intercepted(nodes, (_, command, send, done) => send(withoutExpiry(command), done)),
      env,
      options,
    ),
} satisfies LockStrategy<'redis', SingleOptions>;
