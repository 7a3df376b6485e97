/**
 * Nobody enters while a contender whose lease is over is still inside. The lock kept its promise; the program that went on
 * after its lease did not. A guarded holder makes no operation after its validity, so its section ends there.
 */
import type { Check } from '../contract/index.js';
import { interleaving } from './interleaving.js';
import { OverlapSweep, ms } from './overlaps.js';
import { storyOf } from './scene.js';
import { judged, undecided } from './verdict.js';

export default {
  name: 'overstay',
  help: 'nobody enters while a holder whose lease is over is still inside',
  open(history, context) {
    const sweep = new OverlapSweep(history.rows.keys);
    return {
      rows: (block) => sweep.rows(block),
      close: () => {
        if (sweep.overstays === 0 && history.lost.length > 0) {
          return undecided(this.name, false, `records are missing: ${history.lost.join('; ')}`);
        }
        const evidence = sweep.overstayed.slice(0, 1).flatMap((overlap) => {
          const { entering, inside } = overlap;
          const [who, other] = [entering, inside].map(({ contender }) => context.contenderNames(contender));
          const over = ms(entering.enterNs - inside.validUntilNs);
          return [
            `key ${entering.key}: ${who} entered while ${other} was still inside, ${over} after its lease was over`,
            ...interleaving(storyOf(history), context, overlap, `${other} is still inside, its lease over for ${over}`),
          ];
        });
        return judged(this.name, false, sweep.overstays, history.rows.count, evidence);
      },
    };
  },
} satisfies Check;
