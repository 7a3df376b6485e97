/**
 * The same property by an independent witness: a cell in shared memory for each key, that every critical section enters by
 * compare-and-swap and leaves the same way. It needs no clock to see that somebody is inside.
 */
import type { Check } from '../contract/index.js';
import { since } from './overlaps.js';
import { judged } from './verdict.js';

export default {
  name: 'mutual-exclusion-cell',
  help: 'no two contenders inside with valid leases (shared-memory cell)',
  open(history, context) {
    if (history.cell === null) return null;
    const { doubleGrants, conflicts } = history.cell;
    const evidence = conflicts
      .filter((conflict) => conflict.insideValid)
      .map((conflict) => {
        const [entering, inside] = [conflict.enteringContender, conflict.insideContender].map(context.contenderNames);
        return `key ${conflict.key}: at ${since(history, conflict.atNs)} ${entering} entered and found ${inside} there, its lease still valid`;
      });
    return { close: () => judged(this.name, context.claims.exclusion, doubleGrants, history.rows.count, evidence) };
  },
} satisfies Check;
