/**
 * Exclusion as the resource sees it: once the first operation of a newer grant has arrived, none of an older one does. A
 * holder that checked its lease, stood still and then wrote is seen here, though no two leases overlapped. Grants are in the
 * order in which their first operations arrived. What fencing refused came to nothing, and does not count.
 *
 * It cannot see a grant that did not touch the resource, nor one that arrived late with all of its operations: the
 * resource cannot know that it is the older one.
 */
import type { Check, CheckContext, History, ResourceRows } from '../contract/index.js';
import { SectionsOf, arrivals, grantName, refused } from './at-resource.js';
import { since, type Section } from './overlaps.js';
import { judged, undecided } from './verdict.js';

/** The first is drawn, and so many more get a line. */
const toldInAll = 4;

/** An operation that came late, and the first operation of the newer grant that it came after. */
interface Late {
  readonly newer: number;
  readonly late: number;
}

export default {
  name: 'contiguity',
  help: 'at the resource no operation of an older grant comes after the first of a newer one',
  open(history, context) {
    // What is locked for efficiency alone may be done twice.
    if (history.resource?.kind !== 'server' || context.harm?.costOnly === true) return null;
    const { exclusion } = context.claims;
    const { rows } = history.resource;
    const { grants, late } = findLate(rows);
    const told = late.slice(0, toldInAll).filter(({ newer }) => newer >= 0);
    const drawn = new SectionsOf(
      rows,
      told.slice(0, 1).flatMap(({ newer, late: operation }) => [newer, operation]),
    );
    return {
      rows: (block) => drawn.rows(block),
      close: () =>
        late.length === 0 && history.lost.length > 0
          ? undecided(this.name, exclusion, `records are missing: ${history.lost.join('; ')}`)
          : judged(this.name, exclusion, late.length, grants, evidenceOf(history, context, rows, told, drawn.found)),
    };
  },
} satisfies Check;

/** One pass in the order of arrival. A contender's grants are numbered in their order, so its last number tells all it had. */
function findLate(rows: ResourceRows): { readonly grants: number; readonly late: readonly Late[] } {
  const firstOfNewest = new Map<number, number>();
  const lastGrant = new Map<number, number>();
  const late: Late[] = [];
  let grants = 0;
  for (let row = 0; row < rows.count; row += 1) {
    if (refused(rows.op[row])) continue;
    const [key, contender] = [rows.key[row], rows.contender[row]];
    const newest = firstOfNewest.get(key) ?? -1;
    const isNewest = newest >= 0 && rows.contender[newest] === contender && rows.grant[newest] === rows.grant[row];
    if (isNewest) continue;
    if (rows.grant[row] <= (lastGrant.get(contender) ?? -1)) late.push({ newer: newest, late: row });
    else {
      grants += 1;
      lastGrant.set(contender, rows.grant[row]);
      firstOfNewest.set(key, row);
    }
  }
  return { grants, late };
}

function evidenceOf(
  history: History,
  context: CheckContext,
  rows: ResourceRows,
  told: readonly Late[],
  entries: readonly Section[],
): string[] {
  return told.flatMap(({ newer, late }, at) => {
    const line =
      `key ${rows.key[late]}: an operation of ${grantName(rows, context, late)} arrived at ` +
      `${since(history, rows.atNs[late])}, after ${grantName(rows, context, newer)} had begun at ${since(history, rows.atNs[newer])}`;
    return at === 0 ? [line, ...arrivals(history, context, rows, [newer, late], entries)] : [line];
  });
}
