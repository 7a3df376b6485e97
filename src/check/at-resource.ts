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
import { sectionOf, type Section } from './overlaps.js';
import type { Story } from './scene.js';
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

interface GrantOf {
  readonly contender: number;
  readonly grant: number;
}

/** Finds the sections of a few grants among all rows. A contender has one grant at a time, so its n-th entry is its grant n. */
export class SectionsOf {
  readonly found: Section[] = [];
  readonly #wanted: readonly GrantOf[];
  readonly #entries = new EntryCounts();

  constructor(rows: ResourceRows, operations: readonly number[]) {
    this.#wanted = operations.map((row) => ({ contender: rows.contender[row], grant: rows.grant[row] }));
  }

  rows(block: GrantRows): void {
    if (this.#wanted.length === 0) return;
    for (let row = 0; row < block.count; row += 1) {
      const grant = this.#entries.next(block, row);
      const contender = block.contender[row];
      if (this.#wanted.some((one) => one.contender === contender && one.grant === grant))
        this.found.push(sectionOf(block, row));
    }
  }
}

/** Counts the entries of each contender. */
export class EntryCounts {
  readonly #counts = new Uint32Array(2 ** 16);

  /** Which entry of its contender this row is, counted from 0; -1 for the row of an unknown acquire. */
  next({ flags, contender }: GrantRows, row: number): number {
    if ((flags[row] & rowFlags.unknown) !== 0) return -1;
    const count = this.#counts[contender[row]];
    this.#counts[contender[row]] = count + 1;
    return count;
  }
}

/**
 * What two grants did, from the entry of the older one, or its first operation, to the later of these operations: drawn.
 * `entries` are their sections, as far as they are known.
 */
export function arrivals(
  history: History,
  context: CheckContext,
  rows: ResourceRows,
  [a, b]: readonly [number, number],
  entries: readonly Section[],
): string[] {
  const to = Math.max(a, b);
  const operations: number[] = [];
  const between = new Set<string>();
  for (let row = 0; row <= to; row += 1) {
    if (sameGrant(rows, row, a) || sameGrant(rows, row, b)) operations.push(row);
    else if (operations.length > 0 && rows.key[row] === rows.key[to])
      between.add(`${rows.contender[row]} ${rows.grant[row]}`);
  }
  const two: Story = {
    ...history,
    sections: ({ key, fromNs, toNs }) =>
      entries.filter((one) => one.key === key && one.enterNs <= toNs && one.leaveNs >= fromNs),
    resource: { kind: 'server', rows: pickOperations(rows, operations) },
  };
  const scene = {
    key: rows.key[to],
    fromNs: Math.min(
      ...entries.map((section) => beganNs(two, context, section)),
      ...operations.map((row) => rows.atNs[row]),
    ),
    toNs: rows.atNs[to],
    contenders: [...new Set([rows.contender[a], rows.contender[b]])],
  };
  const others = between.size === 0 ? [] : [`  (${between.size} other grants operated on it in between)`];
  return [...spaceTime(two, context, scene), ...others];
}

/** Some of the operations, as columns: to draw two grants without all that others did meanwhile. */
function pickOperations(rows: ResourceRows, at: readonly number[]): ResourceRows {
  return {
    count: at.length,
    atNs: Float64Array.from(at, (row) => rows.atNs[row]),
    key: Uint32Array.from(at, (row) => rows.key[row]),
    contender: Uint16Array.from(at, (row) => rows.contender[row]),
    grant: Uint32Array.from(at, (row) => rows.grant[row]),
    op: Uint8Array.from(at, (row) => rows.op[row]),
    item: Float64Array.from(at, (row) => rows.item[row]),
    value: Float64Array.from(at, (row) => rows.value[row]),
    fence: BigInt64Array.from(at, (row) => rows.fence[row]),
  };
}
