/** Every attempt has exactly one outcome, every grant one row and one release: what is missing from the sample is not a pass. */
import { rowFlags, type Check } from '../contract/index.js';
import { judged, undecided } from './verdict.js';

export default {
  name: 'accounting',
  help: 'every attempt has one outcome, every grant one record and one release',
  open({ counters: c, lost }) {
    let count = 0;
    let unknown = 0;
    let open = 0;
    return {
      rows: (block) => {
        count += block.count;
        for (let row = 0; row < block.count; row += 1) {
          if ((block.flags[row] & rowFlags.unknown) !== 0) unknown += 1;
          if ((block.flags[row] & rowFlags.open) !== 0) open += 1;
        }
      },
      close: () => {
        if (lost.length > 0) return undecided(this.name, true, `records are missing: ${lost.join('; ')}`);
        const outcomes = c.grants + c.busy + c.tooLate + c.unreachable + c.cancelled + c.unknown + c.errors;
        const releases = c.released + c.releaseLost + c.releaseUnknown + c.releaseErrors + open;
        const sums: [string, number, number][] = [
          ['attempts and their outcomes', c.attempts, outcomes],
          ['grants and their records', c.grants, count - unknown],
          ['unknown outcomes and their records', c.unknown, unknown],
          ['grants and their releases', c.grants, releases],
        ];
        const wrong = sums.filter(([, a, b]) => a !== b);
        return judged(
          this.name,
          true,
          wrong.length,
          c.attempts,
          wrong.map(([what, a, b]) => `${what} differ: ${a} and ${b}`),
        );
      },
    };
  },
} satisfies Check;
