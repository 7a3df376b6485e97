/**
 * Nobody enters while a contender whose lease is over is still inside. The lock kept its promise; the program that went on
 * after its lease did not. A guarded holder makes no operation after its validity, so its section ends there.
 */
import type { Check } from '../contract/index.js';
import { interleaving } from './interleaving.js';
import { findOverlaps, ms } from './overlaps.js';
import { judged, undecided } from './verdict.js';

export default {
  name: 'overstay',
  help: 'nobody enters while a holder whose lease is over is still inside',
  judge(history, context) {
    const { rows } = history;
    const { overstays } = findOverlaps(rows);
    if (overstays.length === 0 && history.lost.length > 0) {
      return undecided(this.name, false, `records are missing: ${history.lost.join('; ')}`);
    }
    const evidence = overstays.slice(0, 1).flatMap((overlap) => {
      const [entering, inside] = [overlap.entering, overlap.inside].map((row) =>
        context.contenderNames(rows.contender[row]),
      );
      const over = ms(rows.enterNs[overlap.entering] - rows.validUntilNs[overlap.inside]);
      return [
        `key ${rows.key[overlap.entering]}: ${entering} entered while ${inside} was still inside, ${over} after its lease was over`,
        ...interleaving(history, context, overlap, `${inside} is still inside, its lease over for ${over}`),
      ];
    });
    return judged(this.name, false, overstays.length, rows.count, evidence);
  },
} satisfies Check;
