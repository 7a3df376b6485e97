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
import { resourceOps, type Check, type CheckContext, type History, type ResourceRows } from '../contract/index.js';
import { grantName, rowsOfOperations, sameGrant } from './at-resource.js';
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
  judge(history, context) {
    if (context.claims.fences !== true || history.resource?.kind !== 'server') return null;
    const { rows } = history.resource;
    const firsts = firstOperations(rows);
    const tokens = [ownTokens(rows, context, firsts), minted(history, context, rows, firsts)];
    const { writes, reads } = acceptedLate(history, context, rows);
    const found = [...tokens, writes];
    const wrong = new Set(found.flat().map(({ operation }) => `${rows.contender[operation]} ${rows.grant[operation]}`));
    if (wrong.size === 0 && history.lost.length > 0)
      return undecided(this.name, true, `records are missing: ${history.lost.join('; ')}`);
    if (firsts.length === 0) return undecided(this.name, true, 'no grant with a token reached the resource');
    // Tokens in order are promised; that an old one is refused is the resource's part.
    const promised = wrong.size === 0 || tokens.some((findings) => findings.length > 0);
    const evidence = found.flatMap((findings) => findings.slice(0, toldOfEach).map(({ text }) => text));
    return judged(this.name, promised, wrong.size, firsts.length, [...evidence, ...reads]);
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

/** Entries with a valid lease, key by key in the order of time, each against the largest token of those that were over by then. */
function minted(history: History, context: CheckContext, rows: ResourceRows, firsts: readonly number[]): Finding[] {
  const { rows: grants } = history;
  const rowOf = rowsOfOperations(grants, rows);
  const entries = firsts
    .filter((row) => rows.fence[row] >= 0n)
    .map((operation) => ({ operation, row: rowOf(operation) }))
    .filter(({ operation, row }) => row >= 0 && grants.key[row] === rows.key[operation])
    .sort((a, b) => grants.key[a.row] - grants.key[b.row] || grants.enterNs[a.row] - grants.enterNs[b.row]);
  const found: Finding[] = [];
  let key = -1;
  let highest = -1;
  let inside: { readonly operation: number; readonly overNs: number }[] = [];
  for (const { operation, row } of entries) {
    if (grants.key[row] !== key) {
      key = grants.key[row];
      highest = -1;
      inside = [];
    }
    const enterNs = grants.enterNs[row];
    for (const one of inside)
      if (one.overNs <= enterNs && (highest < 0 || rows.fence[one.operation] > rows.fence[highest]))
        highest = one.operation;
    inside = inside.filter(({ overNs }) => overNs > enterNs);
    if (highest >= 0 && grants.validUntilNs[row] > enterNs && rows.fence[operation] < rows.fence[highest])
      found.push({
        operation,
        text:
          `key ${key}: ${grantName(rows, context, operation)} entered at ${since(history, enterNs)} with token ` +
          `${rows.fence[operation]}, though ${grantName(rows, context, highest)} before it had ${rows.fence[highest]}`,
      });
    inside.push({ operation, overNs: Math.min(grants.leaveNs[row], grants.validUntilNs[row]) });
  }
  return found;
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
