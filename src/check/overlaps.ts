/**
 * Finds the entries that met somebody inside, from recorded intervals alone. One sweep per key over the rows in order of
 * entry: it suffices to remember who inside stays valid longest and who leaves last. O(n log n).
 *
 * Rows tell [enter, leave] of the critical section and the validity of the lease. Rows of unknown acquires are no entries.
 */
import { rowFlags, type GrantRows, type History } from '../contract/index.js';

export interface Overlap {
  /** Row that entered. */
  readonly entering: number;
  /** Row that was inside. */
  readonly inside: number;
}

export interface Overlaps {
  /** Both leases were valid: the lock is broken. */
  readonly doubleGrants: readonly Overlap[];
  /** The one inside had outlived its lease: the program is. */
  readonly overstays: readonly Overlap[];
}

/** The end of that part of the section which the lease covers. */
function coveredUntilNs(rows: GrantRows, row: number): number {
  return Math.min(rows.leaveNs[row], rows.validUntilNs[row]);
}

/** The leases that were broken, each once, however many were let in while it was valid: row that was inside -> rows that entered. */
export function brokenLeases({ doubleGrants }: Overlaps): ReadonlyMap<number, readonly number[]> {
  const broken = new Map<number, number[]>();
  for (const { inside, entering } of doubleGrants) {
    const entered = broken.get(inside);
    if (entered === undefined) broken.set(inside, [entering]);
    else entered.push(entering);
  }
  return broken;
}

/** Several checks sweep the same rows: sorted and swept once for all of them. */
const ordered = new WeakMap<GrantRows, Uint32Array>();
const found = new WeakMap<GrantRows, Overlaps>();

/** Row numbers of entries, by key, then by time of entry. */
export function entriesInOrder(rows: GrantRows): Uint32Array {
  let order = ordered.get(rows);
  if (order === undefined) ordered.set(rows, (order = sortEntries(rows)));
  return order;
}

export function findOverlaps(rows: GrantRows): Overlaps {
  let overlaps = found.get(rows);
  if (overlaps === undefined) found.set(rows, (overlaps = sweep(rows)));
  return overlaps;
}

function sortEntries(rows: GrantRows): Uint32Array {
  const order = new Uint32Array(rows.count);
  let n = 0;
  for (let row = 0; row < rows.count; row += 1) if ((rows.flags[row] & rowFlags.unknown) === 0) order[n++] = row;
  return order.subarray(0, n).sort((a, b) => rows.key[a] - rows.key[b] || rows.enterNs[a] - rows.enterNs[b]);
}

function sweep(rows: GrantRows): Overlaps {
  const doubleGrants: Overlap[] = [];
  const overstays: Overlap[] = [];
  let key = -1;
  let longestValid = -1;
  let lastToLeave = -1;
  for (const row of entriesInOrder(rows)) {
    if (rows.key[row] !== key) {
      key = rows.key[row];
      longestValid = -1;
      lastToLeave = -1;
    }
    const enterNs = rows.enterNs[row];
    const validAtEntry = rows.validUntilNs[row] > enterNs;
    if (validAtEntry && longestValid >= 0 && coveredUntilNs(rows, longestValid) > enterNs) {
      doubleGrants.push({ entering: row, inside: longestValid });
    } else if (lastToLeave >= 0 && rows.leaveNs[lastToLeave] > enterNs && rows.validUntilNs[lastToLeave] <= enterNs) {
      overstays.push({ entering: row, inside: lastToLeave });
    }
    if (longestValid < 0 || coveredUntilNs(rows, row) > coveredUntilNs(rows, longestValid)) longestValid = row;
    if (lastToLeave < 0 || rows.leaveNs[row] > rows.leaveNs[lastToLeave]) lastToLeave = row;
  }
  return { doubleGrants, overstays };
}

/** `+1.234567 s` from the opening of the window. */
export function since(history: History, atNs: number): string {
  const s = (atNs - history.windowNs[0]) / 1e9;
  return `${s < 0 ? '-' : '+'}${Math.abs(s).toFixed(6)} s`;
}

/** The row whose late release came between the grant of the one inside and the entry that met it: who stole the lock. */
export function thief(rows: GrantRows, { inside, entering }: Overlap): number | null {
  for (let row = 0; row < rows.count; row += 1) {
    const leaveNs = rows.leaveNs[row];
    if (row === inside || row === entering || rows.key[row] !== rows.key[inside]) continue;
    if (leaveNs > rows.enterNs[inside] && leaveNs <= rows.enterNs[entering] && rows.validUntilNs[row] < leaveNs)
      return row;
  }
  return null;
}

export function ms(ns: number): string {
  return `${(ns / 1e6).toFixed(3)} ms`;
}
