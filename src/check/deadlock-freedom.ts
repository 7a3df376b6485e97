/**
 * A lock that somebody waits for is granted to somebody: never longer without a grant than the lease of a dead holder, the
 * longest delay between two tries, and a second for a busy machine.
 */
import type { Check } from '../contract/index.js';
import { since } from './overlaps.js';
import { excuseOf, longestStall, stallBoundMs } from './stalls.js';
import { judged, undecided } from './verdict.js';

export default {
  name: 'deadlock-freedom',
  help: 'nobody waits for a lock that nobody gets for longer than a dead holder’s lease',
  judge(history, context) {
    const boundMs = stallBoundMs(context, history.faults);
    const claimed = context.claims.expires;
    // When the window has closed contenders are stopped one after the other: who still waits has nobody beside it.
    const stall = longestStall(history, boundMs * 1e6, [-Infinity, history.windowNs[1]]);
    const silent = Math.max(history.silentServers, history.unreachable.length);
    const excuse = excuseOf(history);
    if (stall !== null && silent > context.claims.toleratesDown) {
      const promised = `progress is promised with at most ${context.claims.toleratesDown} servers down`;
      return undecided(
        this.name,
        claimed,
        `nobody got the lock for a time, but ${silent} left commands unanswered, and ${promised}`,
      );
    }
    if (stall !== null && excuse !== null) return undecided(this.name, claimed, excuse);
    if (stall !== null) {
      const seconds = ((stall.untilNs - stall.sinceNs) / 1e9).toFixed(1);
      const text = `key ${stall.key}: somebody waited and nobody got the lock for ${seconds} s, until ${since(history, stall.untilNs)}${claimed ? `; the lease is ${context.ttlMs} ms` : ''}`;
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
