/**
 * Times in which somebody waited for a lock and nobody got it. Only pauses longer than the bound on one key are looked at,
 * and for each whether somebody waited through it: in the rows (a wait that ended in a grant) or in the list of long waits
 * that did not.
 */
import { rowFlags, type CheckContext, type GrantRows, type History, type Wait } from '../contract/index.js';
import { entriesInOrder } from './overlaps.js';

/** For a busy machine. */
const slackMs = 1000;

/**
 * No lock stays without a grant for longer: the lease of a dead holder, the longest delay between two tries, what the design
 * claims to need for a failover where there was cause for one, and some slack.
 */
export function stallBoundMs({ ttlMs, retryMaxMs, claims }: CheckContext, faults: readonly unknown[]): number {
  return ttlMs + retryMaxMs + (faults.length > 0 ? (claims.recoversMs ?? 0) : 0) + slackMs;
}

/** Why a stall may not be the lock's; null where nothing else is known of. */
export function excuseOf({ standstillMs, lost }: History): string | null {
  if (standstillMs > slackMs) {
    const seconds = (standstillMs / 1e3).toFixed(1);
    return `nobody got the lock for a time, but the harness itself stood still for ${seconds} s`;
  }
  return lost.length > 0 ? `records are missing: ${lost.join('; ')}` : null;
}

/** The longest time beyond the bound, within these times, in which somebody waited for a key that nobody held; null: none. */
export function longestStall(
  { rows, waits }: History,
  boundNs: number,
  [fromNs, toNs]: readonly [number, number] = [-Infinity, Infinity],
): Wait | null {
  let longest: Wait | null = null;
  for (const pause of pauses(rows, waits, boundNs)) {
    for (const wait of waitsFor(rows, waits, pause.key)) {
      const stall = {
        key: pause.key,
        sinceNs: Math.max(pause.sinceNs, wait.sinceNs, fromNs),
        untilNs: Math.min(pause.untilNs, wait.untilNs, toNs),
      };
      const lengthNs = stall.untilNs - stall.sinceNs;
      if (lengthNs > boundNs && (longest === null || lengthNs > longest.untilNs - longest.sinceNs)) longest = stall;
    }
  }
  return longest;
}

/** Times longer than the bound in which nobody held a key: before its first grant, between two, and after the last. */
function* pauses(rows: GrantRows, waits: readonly Wait[], boundNs: number): Generator<Wait> {
  const idleSinceNs = new Map<number, number>();
  for (const row of entriesInOrder(rows)) {
    const key = rows.key[row];
    const sinceNs = idleSinceNs.get(key) ?? -Infinity;
    if (rows.enterNs[row] - sinceNs > boundNs) yield { key, sinceNs, untilNs: rows.enterNs[row] };
    idleSinceNs.set(key, Math.max(sinceNs, heldUntilNs(rows, row)));
  }
  for (const key of new Set(waits.map((wait) => wait.key))) {
    yield { key, sinceNs: idleSinceNs.get(key) ?? -Infinity, untilNs: Infinity };
  }
}

/** A holder that never left holds as long as its lease, and one without a lease is taken for dead from its entry. */
function heldUntilNs(rows: GrantRows, row: number): number {
  const validUntilNs = rows.validUntilNs[row];
  if ((rows.flags[row] & rowFlags.open) === 0) return Math.min(rows.leaveNs[row], validUntilNs);
  return validUntilNs === Infinity ? rows.enterNs[row] : validUntilNs;
}

function* waitsFor(rows: GrantRows, waits: readonly Wait[], key: number): Generator<Wait> {
  for (const wait of waits) if (wait.key === key) yield wait;
  for (let row = 0; row < rows.count; row += 1) {
    if (rows.key[row] !== key) continue;
    yield { key, sinceNs: rows.enterNs[row] - rows.acquireUs[row] * 1e3, untilNs: rows.enterNs[row] };
  }
}
