/** When everybody has released or given up, no key of ours is left on any node that answers: each would block its lock until TTL. */
import { rowFlags, type Check, type History } from '../contract/index.js';
import { judged, undecided } from './verdict.js';

export default {
  name: 'keys-left',
  help: 'no key is left behind when everybody has released or given up',
  judge(history, context) {
    if (history.keysLeft === null) return null;
    if (history.lost.length > 0) {
      return undecided(
        this.name,
        context.claims.ownerRelease,
        `a lost worker releases nothing: ${history.lost.join('; ')}`,
      );
    }
    if (history.keysLeft.length === 0 && history.unreachable.length > 0) {
      const nodes = history.unreachable.join(', ');
      return undecided(this.name, context.claims.ownerRelease, `${nodes} did not answer when it was looked for`);
    }
    if (history.keysLeft.length > 0 && someoneDied(history))
      return undecided(
        this.name,
        context.claims.ownerRelease,
        'a worker was killed, and what its contenders held or had asked for may be there until those leases are over',
      );
    const evidence = history.keysLeft.slice(0, 5).map((key) => `left behind: ${key}`);
    return judged(this.name, context.claims.ownerRelease, history.keysLeft.length, history.counters.attempts, evidence);
  },
} satisfies Check;

function someoneDied({ rows }: History): boolean {
  return rows.flags.some((flags) => (flags & rowFlags.open) !== 0);
}
