/** When everybody has released or given up, no key of ours is left on any node that answers: each would block its lock until TTL. */
import { rowFlags, type Check } from '../contract/index.js';
import { judged, undecided } from './verdict.js';

export default {
  name: 'keys-left',
  help: 'no key is left behind when everybody has released or given up',
  open({ keysLeft, lost, unreachable, counters }, context) {
    if (keysLeft === null) return null;
    const claimed = context.claims.ownerRelease;
    let someoneDied = false;
    return {
      rows: ({ count, flags }) => {
        for (let row = 0; row < count; row += 1) someoneDied ||= (flags[row] & rowFlags.open) !== 0;
      },
      close: () => {
        if (lost.length > 0) return undecided(this.name, claimed, `a lost worker releases nothing: ${lost.join('; ')}`);
        if (keysLeft.length === 0 && unreachable.length > 0)
          return undecided(this.name, claimed, `${unreachable.join(', ')} did not answer when it was looked for`);
        if (keysLeft.length > 0 && someoneDied)
          return undecided(
            this.name,
            claimed,
            'a worker was killed, and what its contenders held or had asked for may be there until those leases are over',
          );
        const evidence = keysLeft.slice(0, 5).map((key) => `left behind: ${key}`);
        return judged(this.name, claimed, keysLeft.length, counters.attempts, evidence);
      },
    };
  },
} satisfies Check;
