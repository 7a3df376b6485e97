/**
 * No two contenders inside with valid leases, from the recorded intervals on the one monotonic clock. A violation is the
 * lock's own: both had its word.
 */
import type { Check, CheckContext, History } from '../contract/index.js';
import { bothHold, interleaving } from './interleaving.js';
import { findOverlaps, ms, thief, type Overlap } from './overlaps.js';
import { judged, undecided } from './verdict.js';

/** The first is drawn, and so many more get a line. */
const toldInAll = 4;

export default {
  name: 'mutual-exclusion',
  help: 'no two contenders inside with valid leases (recorded intervals)',
  judge(history, context) {
    const { doubleGrants } = findOverlaps(history.rows);
    if (doubleGrants.length === 0 && history.lost.length > 0) {
      return undecided(this.name, context.claims.exclusion, `records are missing: ${history.lost.join('; ')}`);
    }
    const evidence = doubleGrants
      .slice(0, toldInAll)
      .flatMap((overlap, at) => tell(history, context, overlap, at === 0));
    return judged(this.name, context.claims.exclusion, doubleGrants.length, history.rows.count, evidence);
  },
} satisfies Check;

function tell(history: History, context: CheckContext, overlap: Overlap, drawn: boolean): string[] {
  const { rows } = history;
  const name = (row: number): string => context.contenderNames(rows.contender[row]);
  const enterNs = rows.enterNs[overlap.entering];
  const left = rows.validUntilNs[overlap.inside] - enterNs;
  const lease =
    left === Infinity ? 'which holds a lock without expiry' : `whose lease was valid for another ${ms(left)}`;
  const lines = [
    `key ${rows.key[overlap.entering]}: ${name(overlap.entering)} was granted the lock while ${name(overlap.inside)} was inside, ${lease}`,
  ];
  const by = thief(rows, overlap);
  if (by !== null && !context.claims.ownerRelease) {
    const late = ms(rows.leaveNs[by] - rows.validUntilNs[by]);
    lines.push(
      `theft: ${name(by)}, ${late} past the end of its own lease, released without looking whose lock it was, and deleted that of ${name(overlap.inside)}`,
    );
  }
  return drawn ? [...lines, ...interleaving(history, context, overlap, bothHold(history, context, overlap))] : lines;
}
