/** A grant is handed out while its lease is valid. One that comes later invites its holder in beside the next. */
import { rowFlags, type Check } from '../contract/index.js';
import { since } from './overlaps.js';
import { judged, undecided } from './verdict.js';

export default {
  name: 'granted-in-time',
  help: 'no lock is handed out when its lease is already over',
  judge(history, context) {
    const { rows } = history;
    let late = 0;
    const evidence: string[] = [];
    for (let row = 0; row < rows.count; row += 1) {
      if ((rows.flags[row] & rowFlags.lateGrant) === 0) continue;
      late += 1;
      if (evidence.length < 5) {
        const who = context.contenderNames(rows.contender[row]);
        evidence.push(
          `key ${rows.key[row]}: ${who} was granted the lock at ${since(history, rows.enterNs[row])}, when its validity was over`,
        );
      }
    }
    if (late === 0 && history.lost.length > 0) {
      return undecided(this.name, context.claims.exclusion, `records are missing: ${history.lost.join('; ')}`);
    }
    return judged(this.name, context.claims.exclusion, late, rows.count, evidence);
  },
} satisfies Check;
