/** A grant is handed out while its lease is valid. One that comes later invites its holder in beside the next. */
import { rowFlags, type Check } from '../contract/index.js';
import { since } from './overlaps.js';
import { judged, undecided } from './verdict.js';

const toldInAll = 5;

export default {
  name: 'granted-in-time',
  help: 'no lock is handed out when its lease is already over',
  open(history, context) {
    const { exclusion } = context.claims;
    let late = 0;
    const evidence: string[] = [];
    return {
      rows: (block) => {
        for (let row = 0; row < block.count; row += 1) {
          if ((block.flags[row] & rowFlags.lateGrant) === 0) continue;
          late += 1;
          if (evidence.length >= toldInAll) continue;
          const who = context.contenderNames(block.contender[row]);
          const at = since(history, block.enterNs[row]);
          evidence.push(`key ${block.key[row]}: ${who} was granted the lock at ${at}, when its validity was over`);
        }
      },
      close: () =>
        late === 0 && history.lost.length > 0
          ? undecided(this.name, exclusion, `records are missing: ${history.lost.join('; ')}`)
          : judged(this.name, exclusion, late, history.rows.count, evidence),
    };
  },
} satisfies Check;
