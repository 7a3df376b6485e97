/**
 * A lock that somebody waits for is granted to somebody: never longer without a grant than the lease of a dead holder, the
 * longest delay between two tries, and a second for a busy machine.
 */
import type { Check } from '../contract/index.js';
import { since } from './overlaps.js';
import { judged, undecided } from './verdict.js';

const slackMs = 1000;

export default {
  name: 'deadlock-freedom',
  help: 'nobody waits for a lock that nobody gets for longer than a dead holder’s lease',
  judge(history, context) {
    const boundMs = context.ttlMs + context.retryMaxMs + slackMs;
    const claimed = context.claims.expires;
    const stall = history.longestStall;
    if (stall !== null && stall.ms > boundMs) {
      const text = `key ${stall.key}: somebody waited and nobody got the lock for ${(stall.ms / 1e3).toFixed(1)} s, until ${since(history, stall.atNs)}; the lease is ${context.ttlMs} ms`;
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
