/**
 * Fencing tokens as they are minted and as the resource sees them. Three things must hold:
 *
 * - every grant has a token of its own, used by no other grant of that key;
 * - tokens grow with the grants: where one holder had left, or its lease was over, before another entered with a valid
 *   lease, the second has the larger token. This joins the resource's record with the rows of grants, and so also judges
 *   tokens that the resource refused: one that was minted too low locks its rightful holder out;
 * - accepted writes never carry a lower token than an earlier accepted one. Where the resource enforces fencing this holds
 *   of itself; where it does not, it is the write that fencing would have refused. That alone is not held against the design:
 *   its tokens told the truth.
 *
 * It cannot see the tokens of grants that never reached the resource, and does not order grants whose leases overlapped:
 * that is a matter of mutual exclusion. Reads with an old token do no harm by themselves, and are counted only.
 */
import {
  resourceOps,
  type Check,
  type CheckContext,
  type GrantRows,
  type History,
  type ResourceRows,
} from '../contract/index.js';
import { EntryCounts, grantName, sameGrant } from './at-resource.js';
import { since } from './overlaps.js';
import { judged, undecided } from './verdict.js';

/** Of each of the three. */
const toldOfEach = 3;

interface Finding {
  /** An operation of the grant whose token is wrong. */
  readonly operation: number;
  readonly text: string;
}

export default {
  name: 'fencing-order',
  help: 'fencing tokens grow with the grants, and no accepted write carries an older one',
  open(history, context) {
    if (context.claims.fences !== true || history.resource?.kind !== 'server') return null;
    const { rows } = history.resource;
    const firsts = firstOperations(rows);
    const minted = new Minted(history, context, rows, firsts);
    return {
      rows: (block) => minted.rows(block),
      close: () => {
        const tokens = [ownTokens(rows, context, firsts), minted.found];
        const { writes, reads } = acceptedLate(history, context, rows);
        const found = [...tokens, writes];
        const wrong = new Set(
          found.flat().map(({ operation }) => `${rows.contender[operation]} ${rows.grant[operation]}`),
        );
        if (wrong.size === 0 && history.lost.length > 0)
          return undecided(this.name, true, `records are missing: ${history.lost.join('; ')}`);
        if (firsts.length === 0) return undecided(this.name, true, 'no grant with a token reached the resource');
        // Tokens in order are promised; that an old one is refused is the resource's part.
        const promised = wrong.size === 0 || tokens.some((findings) => findings.length > 0);
        const evidence = found.flatMap((findings) => findings.slice(0, toldOfEach).map(({ text }) => text));
        return judged(this.name, promised, wrong.size, firsts.length, [...evidence, ...reads]);
      },
    };
  },
} satisfies Check;

/** The first operation of each grant, in the order of arrival. */
function firstOperations(rows: ResourceRows): number[] {
  const lastGrant = new Map<number, number>();
  const firsts: number[] = [];
  for (let row = 0; row < rows.count; row += 1) {
    if (rows.grant[row] <= (lastGrant.get(rows.contender[row]) ?? -1)) continue;
    lastGrant.set(rows.contender[row], rows.grant[row]);
    firsts.push(row);
  }
  return firsts;
}

function ownTokens(rows: ResourceRows, context: CheckContext, firsts: readonly number[]): Finding[] {
  const owners = new Map<number, Map<bigint, number>>();
  const found: Finding[] = [];
  for (const row of firsts) {
    const [key, fence] = [rows.key[row], rows.fence[row]];
    if (fence < 0n) {
      found.push({ operation: row, text: `key ${key}: ${grantName(rows, context, row)} came without a token` });
      continue;
    }
    const ofKey = owners.get(key) ?? new Map<bigint, number>();
    owners.set(key, ofKey);
    const owner = ofKey.get(fence);
    if (owner === undefined) ofKey.set(fence, row);
    else
      found.push({
        operation: row,
        text: `key ${key}: token ${fence} belongs to ${grantName(rows, context, owner)} and to ${grantName(rows, context, row)}`,
      });
  }
  return found;
}

interface Holder {
  readonly operation: number;
  readonly overNs: number;
}

/** Entries with a valid lease in the order of time, each against the largest token of those on its key that were over by then. */
class Minted {
  readonly found: Finding[] = [];
  readonly #entries = new EntryCounts();
  /** For each contender, its first operations with a token, the next grant first. */
  readonly #next = new Map<number, { readonly firsts: number[]; at: number }>();
  /** For each key, the operation with the largest token of those that were over. */
  readonly #highest = new Map<number, number>();
  readonly #inside = new Map<number, Holder[]>();

  constructor(
    private readonly history: History,
    private readonly context: CheckContext,
    private readonly operations: ResourceRows,
    firsts: readonly number[],
  ) {
    for (const row of firsts) {
      if (operations.fence[row] < 0n) continue;
      const own = this.#next.get(operations.contender[row]);
      if (own === undefined) this.#next.set(operations.contender[row], { firsts: [row], at: 0 });
      else own.firsts.push(row);
    }
  }

  rows(block: GrantRows): void {
    for (let row = 0; row < block.count; row += 1) {
      const operation = this.#operationOf(block.contender[row], this.#entries.next(block, row));
      if (operation !== null && this.operations.key[operation] === block.key[row]) this.#enters(block, row, operation);
    }
  }

  #operationOf(contender: number, grant: number): number | null {
    const own = this.#next.get(contender);
    if (grant < 0 || own === undefined) return null;
    while (own.at < own.firsts.length && this.operations.grant[own.firsts[own.at]] < grant) own.at += 1;
    const operation = own.firsts.at(own.at);
    return operation !== undefined && this.operations.grant[operation] === grant ? operation : null;
  }

  #enters(block: GrantRows, row: number, operation: number): void {
    const { fence } = this.operations;
    const key = block.key[row];
    const enterNs = block.enterNs[row];
    const inside = this.#inside.get(key) ?? [];
    let highest = this.#highest.get(key) ?? -1;
    for (const one of inside)
      if (one.overNs <= enterNs && (highest < 0 || fence[one.operation] > fence[highest])) highest = one.operation;
    if (highest >= 0) this.#highest.set(key, highest);
    if (highest >= 0 && block.validUntilNs[row] > enterNs && fence[operation] < fence[highest])
      this.#tell(key, enterNs, operation, highest);
    const overNs = Math.min(block.leaveNs[row], block.validUntilNs[row]);
    this.#inside.set(key, [...inside.filter((one) => one.overNs > enterNs), { operation, overNs }]);
  }

  #tell(key: number, enterNs: number, operation: number, highest: number): void {
    const { operations, context, history } = this;
    const text =
      `key ${key}: ${grantName(operations, context, operation)} entered at ${since(history, enterNs)} with token ` +
      `${operations.fence[operation]}, though ${grantName(operations, context, highest)} before it had ${operations.fence[highest]}`;
    this.found.push({ operation, text });
  }
}

/** Writes that came with an older token than one before, and were accepted; and how many reads. */
function acceptedLate(
  history: History,
  context: CheckContext,
  rows: ResourceRows,
): { readonly writes: readonly Finding[]; readonly reads: readonly string[] } {
  const highest = new Map<number, number>();
  const found: Finding[] = [];
  let staleReads = 0;
  for (let row = 0; row < rows.count; row += 1) {
    const op = rows.op[row];
    if (op !== resourceOps.read && op !== resourceOps.write) continue;
    const before = highest.get(rows.key[row]);
    const older = before !== undefined && rows.fence[row] < rows.fence[before] && !sameGrant(rows, row, before);
    if (op === resourceOps.read) staleReads += older ? 1 : 0;
    else if (older)
      found.push({
        operation: row,
        text:
          `key ${rows.key[row]}: a write of ${grantName(rows, context, row)} with token ${rows.fence[row]} was accepted at ` +
          `${since(history, rows.atNs[row])}, after one of ${grantName(rows, context, before)} with ${rows.fence[before]}`,
      });
    else highest.set(rows.key[row], row);
  }
  const reads =
    staleReads === 0
      ? []
      : [`reads that were answered though their token was older than that of the last write: ${staleReads}`];
  return { writes: found, reads };
}
