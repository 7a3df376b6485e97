/**
 * No two contenders inside with valid leases, from the recorded intervals on the one monotonic clock. A violation is the
 * lock's own: both had its word. Each broken lease counts once, however many were let in while it was valid.
 */
import type { Check, CheckContext, History } from '../contract/index.js';
import { bothHold, interleaving } from './interleaving.js';
import { brokenLeases, findOverlaps, ms, thief, type Overlap } from './overlaps.js';
import { judged, undecided } from './verdict.js';

/** The first is drawn, and so many more get a line. */
const toldInAll = 4;

export default {
  name: 'mutual-exclusion',
  help: 'no two contenders inside with valid leases (recorded intervals)',
  judge(history, context) {
    const broken = brokenLeases(findOverlaps(history.rows));
    const { exclusion } = context.claims;
    if (broken.size === 0 && history.lost.length > 0)
      return undecided(this.name, exclusion, `records are missing: ${history.lost.join('; ')}`);
    if (history.rows.count === 0) return undecided(this.name, exclusion, 'nothing was granted');
    const evidence = [...broken]
      .slice(0, toldInAll)
      .flatMap(([inside, entered], at) => tell(history, context, inside, entered, at === 0));
    return judged(this.name, exclusion, broken.size, history.rows.count, evidence);
  },
} satisfies Check;

function tell(
  history: History,
  context: CheckContext,
  inside: number,
  entered: readonly number[],
  drawn: boolean,
): string[] {
  const { rows } = history;
  const overlap: Overlap = { inside, entering: entered[0] };
  const name = (row: number): string => context.contenderNames(rows.contender[row]);
  const enterNs = rows.enterNs[overlap.entering];
  const left = rows.validUntilNs[inside] - enterNs;
  const lease =
    left === Infinity ? 'which holds a lock without expiry' : `whose lease was valid for another ${ms(left)}`;
  const more = entered.length - 1;
  const others = more === 0 ? '' : `; ${more} more ${more === 1 ? 'was' : 'were'} let in before it left`;
  const lines = [
    `key ${rows.key[inside]}: ${name(overlap.entering)} was granted the lock while ${name(inside)} was inside, ${lease}${others}`,
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
