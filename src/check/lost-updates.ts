/** Every update made inside the lock is there in the end: what a caller loses when exclusion fails. */
import type { Check } from '../contract/index.js';
import { judged, undecided } from './verdict.js';

export default {
  name: 'lost-updates',
  help: 'every update made inside the lock is found in the end',
  judge(history, context) {
    if (history.resource?.kind !== 'memory') return null;
    const { believed, found } = history.resource;
    let lost = 0;
    let total = 0;
    const evidence: string[] = [];
    believed.forEach((count, key) => {
      total += count;
      const missing = count - found[key];
      if (missing === 0) return;
      // A worker that was lost took its count with it, not its updates.
      if (missing < 0 && history.lost.length > 0) return;
      lost += Math.abs(missing);
      evidence.push(
        `key ${key}: ${count.toLocaleString('en')} updates were made, the value says ${found[key].toLocaleString('en')}`,
      );
    });
    if (lost === 0 && history.lost.length > 0) {
      return undecided(this.name, context.claims.exclusion, `records are missing: ${history.lost.join('; ')}`);
    }
    return judged(this.name, context.claims.exclusion, lost, total, evidence);
  },
} satisfies Check;
