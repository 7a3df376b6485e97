/**
 * A lock that somebody waits for is granted to somebody: never longer without a grant than the lease of a dead holder, the
 * longest delay between two tries, and a second for a busy machine.
 */
import type { Check, CheckContext, History, Verdict, Wait } from '../contract/index.js';
import { since } from './overlaps.js';
import { StallWatch, excuseOf, stallBoundMs } from './stalls.js';
import { judged, undecided } from './verdict.js';

const name = 'deadlock-freedom';

export default {
  name,
  help: 'nobody waits for a lock that nobody gets for longer than a dead holder’s lease',
  open(history, context) {
    const boundMs = stallBoundMs(context, history.faults);
    // When the window has closed contenders are stopped one after the other: who still waits has nobody beside it.
    const watch = new StallWatch(history, boundMs * 1e6, [-Infinity, history.windowNs[1]]);
    return {
      rows: (block) => watch.rows(block),
      close: () => {
        watch.close();
        return watch.longest === null
          ? withoutStall(history, context, boundMs)
          : withStall(history, context, watch.longest);
      },
    };
  },
} satisfies Check;

function withStall(history: History, { claims, ttlMs }: CheckContext, stall: Wait): Verdict {
  const silent = Math.max(history.silentServers, history.unreachable.length);
  const excuse = excuseOf(history);
  if (silent > claims.toleratesDown) {
    const promised = `progress is promised with at most ${claims.toleratesDown} servers down`;
    return undecided(
      name,
      claims.expires,
      `nobody got the lock for a time, but ${silent} left commands unanswered, and ${promised}`,
    );
  }
  if (excuse !== null) return undecided(name, claims.expires, excuse);
  const seconds = ((stall.untilNs - stall.sinceNs) / 1e9).toFixed(1);
  const text = `key ${stall.key}: somebody waited and nobody got the lock for ${seconds} s, until ${since(history, stall.untilNs)}${claims.expires ? `; the lease is ${ttlMs} ms` : ''}`;
  return judged(name, claims.expires, 1, history.rows.count, [text]);
}

function withoutStall({ windowNs, rows }: History, { claims }: CheckContext, boundMs: number): Verdict {
  const watchedMs = (windowNs[1] - windowNs[0]) / 1e6;
  if (watchedMs > boundMs) return judged(name, claims.expires, 0, rows.count, []);
  return undecided(
    name,
    claims.expires,
    `a run of ${(watchedMs / 1e3).toFixed(1)} s cannot show a stall of more than ${(boundMs / 1e3).toFixed(1)} s`,
  );
}
