/**
 * A lock that somebody waits for is granted to somebody: never longer without a grant than the lease of a dead holder, the
 * longest delay between two tries, and a second for a busy machine.
 *
 * Only pauses longer than that on one key are looked at, and for each whether somebody waited through it: in the rows (a
 * wait that ended in a grant) or in the list of long waits that did not.
 */
import { rowFlags, type Check, type GrantRows, type History, type Wait } from '../contract/index.js';
import { entriesInOrder, since } from './overlaps.js';
import { judged, undecided } from './verdict.js';

const slackMs = 1000;

export default {
  name: 'deadlock-freedom',
  help: 'nobody waits for a lock that nobody gets for longer than a dead holder’s lease',
  judge(history, context) {
    const boundMs = context.ttlMs + context.retryMaxMs + slackMs;
    const claimed = context.claims.expires;
    const stall = longestStall(history, boundMs * 1e6);
    if (stall !== null && history.standstillMs > slackMs) {
      const seconds = (history.standstillMs / 1e3).toFixed(1);
      return undecided(
        this.name,
        claimed,
        `nobody got the lock for a time, but the harness itself stood still for ${seconds} s`,
      );
    }
    const silent = Math.max(history.silentServers, history.unreachable.length);
    if (stall !== null && silent > context.claims.toleratesDown) {
      const promised = `progress is promised with at most ${context.claims.toleratesDown} servers down`;
      return undecided(
        this.name,
        claimed,
        `nobody got the lock for a time, but ${silent} left commands unanswered, and ${promised}`,
      );
    }
    if (stall !== null && history.lost.length > 0) {
      return undecided(this.name, claimed, `records are missing: ${history.lost.join('; ')}`);
    }
    if (stall !== null) {
      const seconds = ((stall.untilNs - stall.sinceNs) / 1e9).toFixed(1);
      const text = `key ${stall.key}: somebody waited and nobody got the lock for ${seconds} s, until ${since(history, stall.untilNs)}; the lease is ${context.ttlMs} ms`;
      return judged(this.name, claimed, 1, history.rows.count, [text]);
    }
    const watchedMs = (history.windowNs[1] - history.windowNs[0]) / 1e6;
    if (watchedMs <= boundMs) {
      return undecided(
        this.name,
        claimed,
        `a run of ${(watchedMs / 1e3).toFixed(1)} s cannot show a stall of more than ${(boundMs / 1e3).toFixed(1)} s`,
      );
    }
    return judged(this.name, claimed, 0, history.rows.count, []);
  },
} satisfies Check;

/** The longest time beyond the bound in which somebody waited for a key that nobody held; null when there is none. */
function longestStall({ rows, waits }: History, boundNs: number): Wait | null {
  let longest: Wait | null = null;
  for (const pause of pauses(rows, waits, boundNs)) {
    for (const wait of waitsFor(rows, waits, pause.key)) {
      const stall = {
        key: pause.key,
        sinceNs: Math.max(pause.sinceNs, wait.sinceNs),
        untilNs: Math.min(pause.untilNs, wait.untilNs),
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
