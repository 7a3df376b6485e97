/** What the other checks stand on: complete records, in order of time, within the run. */
import type { Check } from '../contract/index.js';
import { judged, undecided } from './verdict.js';

/** Longer than a busy machine keeps a runnable thread waiting. */
const standstillLimitMs = 2000;

export default {
  name: 'assumptions',
  help: 'records are complete and in order of time',
  judge({ rows, lost, windowNs, standstillMs }) {
    if (lost.length > 0) return undecided(this.name, true, `records are missing: ${lost.join('; ')}`);
    if (rows.count === 0) return undecided(this.name, true, 'nothing was granted, so nothing was checked');
    let wrong = 0;
    for (let row = 0; row < rows.count; row += 1) {
      if (!(rows.enterNs[row] > 0 && rows.leaveNs[row] >= rows.enterNs[row])) wrong += 1;
    }
    const evidence = wrong > 0 ? [`${wrong} records leave before they enter: the clock is not monotonic`] : [];
    if (!(windowNs[1] > windowNs[0])) {
      wrong += 1;
      evidence.push('the measured window is empty');
    }
    if (standstillMs > standstillLimitMs) {
      wrong += 1;
      evidence.push(
        `the harness itself stood still for ${(standstillMs / 1000).toFixed(1)} s: it was suspended, or the machine was`,
      );
    }
    return judged(this.name, true, wrong, rows.count, evidence);
  },
} satisfies Check;
