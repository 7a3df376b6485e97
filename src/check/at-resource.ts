/**
 * What the record of the resource's own process tells: who wrote the same value as somebody before, and which operation
 * belongs to which grant. It needs no clock, for the order of arrival is the order of what happened to the resource.
 */
import {
  resourceOps,
  rowFlags,
  type CheckContext,
  type GrantRows,
  type History,
  type ResourceHistory,
  type ResourceRows,
} from '../contract/index.js';
import { spaceTime } from './interleaving.js';
import { pickGrants, pickOperations } from './pick.js';
import { beganNs } from './trace-moments.js';

/** Two rows that wrote one value to one item of one key: in a correct execution that is never done. */
export interface Repeated {
  readonly first: number;
  readonly again: number;
}

export interface WritesSeen {
  readonly accepted: number;
  readonly repeated: readonly Repeated[];
}

const seen = new WeakMap<ResourceRows, WritesSeen>();

/** Several readers ask for the same rows: they are sorted once for all of them. Repeats in the order of their arrival. */
export function writesSeen(rows: ResourceRows): WritesSeen {
  let found = seen.get(rows);
  if (found === undefined) seen.set(rows, (found = findRepeated(rows)));
  return found;
}

function findRepeated(rows: ResourceRows): WritesSeen {
  const order = new Uint32Array(rows.count);
  let accepted = 0;
  for (let row = 0; row < rows.count; row += 1) if (rows.op[row] === resourceOps.write) order[accepted++] = row;
  const { key, item, value } = rows;
  const writes = order.subarray(0, accepted);
  writes.sort((a, b) => key[a] - key[b] || item[a] - item[b] || value[a] - value[b] || a - b);
  const repeated: Repeated[] = [];
  let first = -1;
  for (const row of writes) {
    const same = first >= 0 && key[row] === key[first] && item[row] === item[first] && value[row] === value[first];
    if (same) repeated.push({ first, again: row });
    else first = row;
  }
  return { accepted, repeated: repeated.sort((a, b) => a.again - b.again) };
}

/** What the workload suffered: updates that are missing, or pairs of item and value that were written again. */
export function countHarm(resource: ResourceHistory | null): number {
  if (resource === null) return 0;
  if (resource.kind === 'server') return writesSeen(resource.rows).repeated.length;
  return resource.believed.reduce((sum, count, key) => sum + Math.abs(count - resource.found[key]), 0);
}

export function refused(op: number): boolean {
  return op === resourceOps.refusedRead || op === resourceOps.refusedWrite;
}

export function sameGrant(rows: ResourceRows, a: number, b: number): boolean {
  return rows.contender[a] === rows.contender[b] && rows.grant[a] === rows.grant[b];
}

/** "w0.1 (its grant 17)" */
export function grantName(rows: ResourceRows, context: CheckContext, row: number): string {
  return `${context.contenderNames(rows.contender[row])} (its grant ${rows.grant[row]})`;
}

/** The row of grants that an operation belongs to; -1 where it was lost. */
export type RowOf = (operation: number) => number;

/** A contender has one grant at a time, so its n-th entry is its grant n. */
export function rowsOfOperations(grants: GrantRows, rows: ResourceRows): RowOf {
  const entries = new Map<number, number[]>();
  for (let row = 0; row < grants.count; row += 1) {
    if ((grants.flags[row] & rowFlags.unknown) !== 0) continue;
    const own = entries.get(grants.contender[row]);
    if (own === undefined) entries.set(grants.contender[row], [row]);
    else own.push(row);
  }
  for (const own of entries.values()) own.sort((a, b) => grants.enterNs[a] - grants.enterNs[b]);
  return (operation) => entries.get(rows.contender[operation])?.[rows.grant[operation]] ?? -1;
}

/** What two grants did, from the entry of the older one, or its first operation, to the later of these operations: drawn. */
export function arrivals(history: History, context: CheckContext, rows: ResourceRows, a: number, b: number): string[] {
  const to = Math.max(a, b);
  const operations: number[] = [];
  const between = new Set<string>();
  for (let row = 0; row <= to; row += 1) {
    if (sameGrant(rows, row, a) || sameGrant(rows, row, b)) operations.push(row);
    else if (operations.length > 0 && rows.key[row] === rows.key[to])
      between.add(`${rows.contender[row]} ${rows.grant[row]}`);
  }
  const rowOf = rowsOfOperations(history.rows, rows);
  const entries = [...new Set([a, b].map(rowOf))].filter((row) => row >= 0);
  const scene = {
    key: rows.key[to],
    fromNs: Math.min(
      ...entries.map((row) => beganNs(history, context, row)),
      ...operations.map((row) => rows.atNs[row]),
    ),
    toNs: rows.atNs[to],
    contenders: [...new Set([rows.contender[a], rows.contender[b]])],
  };
  const two: History = {
    ...history,
    rows: pickGrants(history.rows, entries),
    resource: { kind: 'server', rows: pickOperations(rows, operations) },
  };
  const others = between.size === 0 ? [] : [`  (${between.size} other grants operated on it in between)`];
  return [...spaceTime(two, context, scene), ...others];
}
