/** The checks' own findings once more, as plain as can be: over whole histories of few rows, by trying all pairs. */
import { rowFlags, type GrantRows, type Wait } from '../contract/index.js';

const isEntry = (rows: GrantRows, row: number): boolean => (rows.flags[row] & rowFlags.unknown) === 0;
const coveredNs = (rows: GrantRows, row: number): number => Math.min(rows.leaveNs[row], rows.validUntilNs[row]);

/** Rows in the order of entry. */
export function plainOverlaps(rows: GrantRows): { readonly brokenLeases: number; readonly overstays: number } {
  const broken = new Set<number>();
  let overstays = 0;
  for (let row = 0; row < rows.count; row += 1) {
    if (!isEntry(rows, row)) continue;
    const enterNs = rows.enterNs[row];
    const before = Array.from({ length: row }, (_, one) => one).filter(
      (one) => isEntry(rows, one) && rows.key[one] === rows.key[row],
    );
    const longestOf = (of: (one: number) => number): number =>
      before.reduce((found, one) => (found < 0 || of(one) > of(found) ? one : found), -1);
    const longest = longestOf((one) => coveredNs(rows, one));
    const last = longestOf((one) => rows.leaveNs[one]);
    if (longest >= 0 && rows.validUntilNs[row] > enterNs && coveredNs(rows, longest) > enterNs) broken.add(longest);
    else if (last >= 0 && rows.leaveNs[last] > enterNs && rows.validUntilNs[last] <= enterNs) overstays += 1;
  }
  return { brokenLeases: broken.size, overstays };
}

/** Rows in the order of entry. */
export function plainStall(
  rows: GrantRows,
  waits: readonly Wait[],
  boundNs: number,
  [fromNs, toNs]: readonly [number, number],
): Wait | null {
  const pauses: Wait[] = [];
  const freeSinceNs = new Map<number, number>();
  const all = [...waits];
  for (let row = 0; row < rows.count; row += 1) {
    const [key, enterNs] = [rows.key[row], rows.enterNs[row]];
    all.push({ key, sinceNs: enterNs - rows.acquireUs[row] * 1e3, untilNs: enterNs });
    if (!isEntry(rows, row)) continue;
    const sinceNs = freeSinceNs.get(key) ?? -Infinity;
    pauses.push({ key, sinceNs, untilNs: enterNs });
    const open = (rows.flags[row] & rowFlags.open) !== 0;
    const heldNs = open
      ? rows.validUntilNs[row] === Infinity
        ? enterNs
        : rows.validUntilNs[row]
      : coveredNs(rows, row);
    freeSinceNs.set(key, Math.max(sinceNs, heldNs));
  }
  for (const key of new Set(all.map((wait) => wait.key)))
    pauses.push({ key, sinceNs: freeSinceNs.get(key) ?? -Infinity, untilNs: Infinity });
  const stalls = pauses.flatMap((pause) =>
    all
      .filter((wait) => wait.key === pause.key)
      .map((wait) => ({
        key: pause.key,
        sinceNs: Math.max(pause.sinceNs, wait.sinceNs, fromNs),
        untilNs: Math.min(pause.untilNs, wait.untilNs, toNs),
      }))
      .filter((stall) => stall.untilNs - stall.sinceNs > boundNs),
  );
  const lengthNs = (stall: Wait): number => stall.untilNs - stall.sinceNs;
  stalls.sort((a, b) => lengthNs(b) - lengthNs(a) || b.sinceNs - a.sinceNs || a.key - b.key);
  return stalls.at(0) ?? null;
}
