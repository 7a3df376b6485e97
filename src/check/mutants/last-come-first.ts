/** A fair lock whose server takes the last place of its queue, and not the first. */
import type { LockStrategy, ScriptDecl } from '../../contract/index.js';
import { script } from '../../kit/scripts.js';
import { intercepted } from '../../sim/wrap.js';
import type { SingleOptions } from '../../../strategies/single.js';
import singleFair from '../../../strategies/single-fair.js';

function reversed({ name, lua, keys, model }: ScriptDecl): ScriptDecl {
  return script(name, lua.replace('ZPOPMIN', 'ZPOPMAX'), model, keys);
}

const scripts = new Map(singleFair.scripts.map((decl) => [decl, reversed(decl)]));

export default {
  ...singleFair,
  name: 'last-come-first',
  scripts: [...scripts.values()],
  open: ([node], env, options) => {
    const changed = intercepted([node], (_, command, send, done) => {
      const other = command.script === undefined ? undefined : scripts.get(command.script);
      if (other === undefined || command.name !== 'EVALSHA') send(command, done);
      else send({ ...command, args: [other.sha, ...command.args.slice(1)], script: other }, done);
    });
    return singleFair.open([changed[0]], env, options);
  },
} satisfies LockStrategy<'redis', SingleOptions>;
