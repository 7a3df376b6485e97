/**
 * No two contenders inside with valid leases, from the recorded intervals on the one monotonic clock. A violation is the
 * lock's own: both had its word. Each broken lease counts once, however many were let in while it was valid.
 */
import type { Check, CheckContext, History } from '../contract/index.js';
import { bothHold, interleaving } from './interleaving.js';
import { OverlapSweep, ms, type BrokenLease, type Section } from './overlaps.js';
import { storyOf, thief } from './scene.js';
import { judged, undecided } from './verdict.js';

/** The first is drawn, and so many more get a line. */
const toldInAll = 4;

export default {
  name: 'mutual-exclusion',
  help: 'no two contenders inside with valid leases (recorded intervals)',
  open(history, context) {
    const { exclusion } = context.claims;
    const sweep = new OverlapSweep(history.rows.keys);
    return {
      rows: (block) => sweep.rows(block),
      close: () => {
        if (sweep.brokenLeases === 0 && history.lost.length > 0)
          return undecided(this.name, exclusion, `records are missing: ${history.lost.join('; ')}`);
        if (history.rows.count === 0) return undecided(this.name, exclusion, 'nothing was granted');
        const evidence = sweep.broken
          .slice(0, toldInAll)
          .flatMap((broken, at) => tell(history, context, broken, at === 0));
        return judged(this.name, exclusion, sweep.brokenLeases, history.rows.count, evidence);
      },
    };
  },
} satisfies Check;

function tell(history: History, context: CheckContext, broken: BrokenLease, drawn: boolean): string[] {
  const story = storyOf(history);
  const { inside, entering, entered } = broken;
  const name = ({ contender }: Section): string => context.contenderNames(contender);
  const left = inside.validUntilNs - entering.enterNs;
  const lease =
    left === Infinity ? 'which holds a lock without expiry' : `whose lease was valid for another ${ms(left)}`;
  const more = entered - 1;
  const others = more === 0 ? '' : `; ${more} more ${more === 1 ? 'was' : 'were'} let in before it left`;
  const lines = [
    `key ${inside.key}: ${name(entering)} was granted the lock while ${name(inside)} was inside, ${lease}${others}`,
  ];
  const by = context.claims.ownerRelease ? null : thief(story, broken);
  if (by !== null) {
    const late = ms(by.leaveNs - by.validUntilNs);
    lines.push(
      `theft: ${name(by)}, ${late} past the end of its own lease, released without looking whose lock it was, and deleted that of ${name(inside)}`,
    );
  }
  return drawn ? [...lines, ...interleaving(story, context, broken, bothHold(context, broken))] : lines;
}
