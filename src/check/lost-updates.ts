/**
 * What a caller loses when exclusion fails, in the words of the workload. In memory: every update that was made is there in
 * the end. At the resource's own process: in a correct execution no value is written to one item twice, so every further
 * writing of it is one harm, whether or not the leases of those two ever overlapped.
 *
 * Where the lock is taken for efficiency double work is a cost, not a violation: it is counted, and not judged.
 */
import type { Check, CheckContext, History, Judging, ResourceHistory, Verdict } from '../contract/index.js';
import { SectionsOf, arrivals, grantName, writesSeen, type Repeated } from './at-resource.js';
import { since } from './overlaps.js';
import { judged, undecided } from './verdict.js';

const name = 'lost-updates';
/** The first is drawn, and so many more get a line. */
const toldInAll = 4;

export default {
  name,
  help: 'what was done inside the lock was done once, and is found in the end',
  open(history, context) {
    const { resource } = history;
    if (resource === null || context.harm?.costOnly === true) return null;
    return resource.kind === 'server'
      ? atServer(history, context, resource)
      : { close: () => inMemory(history, context, resource) };
  },
} satisfies Check;

function inMemory(
  history: History,
  context: CheckContext,
  { believed, found }: Extract<ResourceHistory, { kind: 'memory' }>,
): Verdict {
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
    const made = `key ${key}: ${count.toLocaleString('en')} updates were made, the value says ${found[key].toLocaleString('en')}`;
    evidence.push(missing > 0 ? `${made}: ${inWords(context, missing)}` : made);
  });
  if (lost === 0 && history.lost.length > 0) {
    return undecided(name, context.claims.exclusion, `records are missing: ${history.lost.join('; ')}`);
  }
  return judged(name, context.claims.exclusion, lost, total, evidence);
}

function atServer(
  history: History,
  context: CheckContext,
  { rows }: Extract<ResourceHistory, { kind: 'server' }>,
): Judging {
  const { exclusion } = context.claims;
  const { accepted, repeated } = writesSeen(rows);
  const drawn = new SectionsOf(
    rows,
    repeated.slice(0, 1).flatMap(({ first, again }) => [first, again]),
  );
  const tell = ({ first, again }: Repeated, at: number): string[] => {
    const what = `value ${rows.value[again]}${rows.item[again] === 0 ? '' : ` of item ${rows.item[again]}`}`;
    const line =
      `key ${rows.key[again]}: ${context.harm?.one ?? 'written twice'}: ${what} was written by ` +
      `${grantName(rows, context, first)} at ${since(history, rows.atNs[first])} and again by ` +
      `${grantName(rows, context, again)} at ${since(history, rows.atNs[again])}`;
    return at === 0 ? [line, ...arrivals(history, context, rows, [first, again], drawn.found)] : [line];
  };
  return {
    rows: (block) => drawn.rows(block),
    close: () => {
      if (repeated.length === 0 && history.lost.length > 0)
        return undecided(name, exclusion, `records are missing: ${history.lost.join('; ')}`);
      if (accepted === 0)
        return undecided(name, exclusion, 'nothing was written to the resource, so nothing could be lost');
      return judged(name, exclusion, repeated.length, accepted, repeated.slice(0, toldInAll).flatMap(tell));
    },
  };
}

function inWords({ harm }: CheckContext, count: number): string {
  if (harm === null) return `${count.toLocaleString('en')} missing`;
  return `${count.toLocaleString('en')} ${count === 1 ? harm.one : harm.many}`;
}
