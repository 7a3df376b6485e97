/** A holder whose lease cannot be extended any more is told so while it is still inside: else it works on unprotected. */
import { rowFlags, type Check } from '../contract/index.js';
import { since } from './overlaps.js';
import { judged, undecided } from './verdict.js';

const toldInAll = 5;

export default {
  name: 'lost-lease-signalled',
  help: 'a holder whose lease is lost while it is inside is told so',
  open(history, context) {
    const { exclusion } = context.claims;
    let extended = false;
    let lost = 0;
    let silent = 0;
    const evidence: string[] = [];
    return {
      rows: (block) => {
        for (let row = 0; row < block.count; row += 1) {
          const flags = block.flags[row];
          if ((flags & (rowFlags.extended | rowFlags.lost)) === 0) continue;
          extended = true;
          if ((flags & rowFlags.lost) === 0) continue;
          lost += 1;
          if ((flags & rowFlags.lossTold) !== 0) continue;
          silent += 1;
          if (evidence.length < toldInAll)
            evidence.push(
              `key ${block.key[row]}: an extension of ${context.contenderNames(block.contender[row])}, inside since ` +
                `${since(history, block.enterNs[row])}, was told that the lock is lost, and its holder was not`,
            );
        }
      },
      close: () => {
        if (!extended) return null;
        if (silent === 0 && history.lost.length > 0)
          return undecided(this.name, exclusion, `records are missing: ${history.lost.join('; ')}`);
        return judged(this.name, exclusion, silent, lost, evidence);
      },
    };
  },
} satisfies Check;
