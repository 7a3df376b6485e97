/**
 * Until its validity is over a lock stays with its holder. A release that finds it gone, or somebody else's, though even the
 * answer came before validity was over, shows that it vanished under its holder: it was stolen, evicted, flushed, or lost
 * with its server.
 *
 * A release that was sent in time but answered later may have found it rightly expired, so it proves nothing. Rows without
 * an answer are out; a release sent again later is not the one whose answer counts.
 */
import { rowFlags, type Check, type GrantRows } from '../contract/index.js';
import { ms, since } from './overlaps.js';
import { judged, undecided } from './verdict.js';

/** Recorded times are cut to whole us, and servers count their leases in ms. */
const marginNs = 1e6;
const toldInAll = 5;

export default {
  name: 'validity-honoured',
  help: 'no lock vanishes under its holder before its validity is over',
  open(history, context) {
    const { exclusion, toleratesLoss } = context.claims;
    let vanished = 0;
    let released = 0;
    const evidence: string[] = [];
    return {
      rows: (block) => {
        for (let row = 0; row < block.count; row += 1) {
          const flags = block.flags[row];
          if ((flags & (rowFlags.unknown | rowFlags.releaseUnknown | rowFlags.open)) !== 0) continue;
          if (leftNs(block, row) <= marginNs) continue;
          released += 1;
          if ((flags & rowFlags.releaseLost) === 0) continue;
          vanished += 1;
          if (evidence.length < toldInAll)
            evidence.push(
              `key ${block.key[row]}: ${context.contenderNames(block.contender[row])} released at ${since(history, block.leaveNs[row])} ` +
                `and was told that the lock was not its own any more, ${ms(leftNs(block, row))} before its validity was over`,
            );
        }
      },
      close: () => {
        if (vanished === 0 && history.lost.length > 0)
          return undecided(this.name, exclusion, `records are missing: ${history.lost.join('; ')}`);
        const mayLose = history.faults.some(({ lost, breaksClocks }) => lost.length > 0 || breaksClocks);
        if (vanished > 0 && toleratesLoss > 0 && mayLose)
          return undecided(
            this.name,
            exclusion,
            `${vanished} ${vanished === 1 ? 'release' : 'releases'} found the lock gone in its time, which one server that lost its data is enough for, and ` +
              `the design withstands ${toleratesLoss}: ${evidence[0]}`,
          );
        if (released === 0) return undecided(this.name, exclusion, 'no release was answered before the lease was over');
        return judged(this.name, exclusion, vanished, released, evidence);
      },
    };
  },
} satisfies Check;

/** What was left of the validity when the release had been answered. */
function leftNs(rows: GrantRows, row: number): number {
  return rows.validUntilNs[row] - (rows.leaveNs[row] + rows.releaseUs[row] * 1e3);
}
