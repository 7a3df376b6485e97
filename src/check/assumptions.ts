/** What the other checks stand on: complete records, in order of time, within the run. */
import type { Check } from '../contract/index.js';
import { judged, undecided } from './verdict.js';

/** Longer than a busy machine keeps a runnable thread waiting. */
const standstillLimitMs = 2000;

export default {
  name: 'assumptions',
  help: 'records are complete and in order of time',
  open({ rows: { count }, lost, windowNs, standstillMs }) {
    let seen = 0;
    let backwards = 0;
    let outOfOrder = 0;
    let lastNs = 0;
    return {
      rows: ({ count: more, enterNs, leaveNs }) => {
        seen += more;
        for (let row = 0; row < more; row += 1) {
          if (!(enterNs[row] > 0 && leaveNs[row] >= enterNs[row])) backwards += 1;
          if (enterNs[row] < lastNs) outOfOrder += 1;
          lastNs = enterNs[row];
        }
      },
      close: () => {
        if (lost.length > 0) return undecided(this.name, true, `records are missing: ${lost.join('; ')}`);
        if (seen === 0) return undecided(this.name, true, 'nothing was granted, so nothing was checked');
        const stoodStill = (standstillMs / 1000).toFixed(1);
        const found: [number, string][] = [
          [backwards, `${backwards} records leave before they enter: the clock is not monotonic`],
          [outOfOrder, `${outOfOrder} records could not be put in order of time`],
          [Math.abs(count - seen), `${count} records were found, and ${seen} read`],
          [windowNs[1] > windowNs[0] ? 0 : 1, 'the measured window is empty'],
          [
            standstillMs > standstillLimitMs ? 1 : 0,
            `the harness itself stood still for ${stoodStill} s: it was suspended, or the machine was`,
          ],
        ];
        const wrong = found.filter(([violations]) => violations > 0);
        const violations = wrong.reduce((sum, [one]) => sum + one, 0);
        return judged(
          this.name,
          true,
          violations,
          seen,
          wrong.map(([, text]) => text),
        );
      },
    };
  },
} satisfies Check;
