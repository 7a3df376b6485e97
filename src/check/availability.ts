/**
 * While no more servers are out than the design withstands, the lock can still be had: nobody waits for it, without anybody
 * getting it, for longer than a dead holder's lease, the longest delay between two tries, and a second.
 *
 * Servers are out from when a fault struck them until it was healed; of faults that overlap, together. Where more are out
 * than it withstands nothing is promised, so nothing is judged; a design that withstands none is not asked at all.
 */
import type { Check, CheckContext, FaultRecord, History, Wait } from '../contract/index.js';
import { since } from './overlaps.js';
import { StallWatch, excuseOf, stallBoundMs } from './stalls.js';
import { judged, undecided } from './verdict.js';

/** Faults under which servers cannot be had for a time. One that comes back at once is not out long enough to tell. */
const takesOut = new Set(['kill', 'freeze', 'blackhole', 'cut', 'cut-replies', 'delayed-restart']);

interface Stretch {
  readonly fromNs: number;
  readonly toNs: number;
  readonly out: readonly string[];
}

export default {
  name: 'availability',
  help: 'the lock can be had while no more servers are out than the design withstands',
  open(history, context) {
    const { toleratesDown } = context.claims;
    const outages = stretches(history, context);
    if (toleratesDown === 0 || outages.length === 0) return null;
    const boundMs = stallBoundMs(context, history.faults);
    const withstood = joined(outages.filter(({ out }) => out.length <= toleratesDown));
    const watched = withstood.filter(({ fromNs, toNs }) => toNs - fromNs > boundMs * 1e6);
    if (watched.length === 0) return { close: () => undecided(this.name, true, whyNot(outages, context, boundMs)) };
    const watches = watched.map(({ fromNs, toNs }) => new StallWatch(history, boundMs * 1e6, [fromNs, toNs]));
    return {
      rows: (block) => watches.forEach((watch) => watch.rows(block)),
      close: () => {
        const stalls = watches.flatMap((watch, at) => {
          watch.close();
          return watch.longest === null ? [] : [tell(history, context, watched[at], watch.longest)];
        });
        const excuse = excuseOf(history);
        if (stalls.length > 0 && excuse !== null) return undecided(this.name, true, excuse);
        return judged(this.name, true, stalls.length, watched.length, stalls);
      },
    };
  },
} satisfies Check;

/** The times in which some server was out, cut wherever the set of these changes. */
function stretches(history: History, context: CheckContext): Stretch[] {
  const [openNs, closeNs] = history.windowNs;
  const faults = history.faults
    .filter(({ name, startedMs, effective }) => takesOut.has(name) && startedMs !== null && effective)
    .map((fault) => ({
      servers: serversOf(fault, context.nodeNames),
      fromNs: openNs + fault.startedMs! * 1e6,
      toNs: fault.healedMs === null ? closeNs : openNs + fault.healedMs * 1e6,
    }));
  const edges = [...new Set(faults.flatMap(({ fromNs, toNs }) => [fromNs, toNs]))].sort((a, b) => a - b);
  return edges.slice(1).flatMap((toNs, i) => {
    const fromNs = edges[i];
    const during = faults.filter((fault) => fault.fromNs <= fromNs && fault.toNs >= toNs);
    const out = [...new Set(during.flatMap(({ servers }) => servers))];
    return out.length === 0 ? [] : [{ fromNs, toNs, out }];
  });
}

/** "master 2, master 4"; a server that is called otherwise counts all the same. */
function serversOf({ target }: FaultRecord, nodeNames: readonly string[]): readonly string[] {
  return target.split(/, | and /).map((part) => {
    const words = part.trim();
    return nodeNames.find((name) => words === name || words.endsWith(` ${name}`)) ?? words;
  });
}

/** Stretches that follow on one another are one. */
function joined(all: readonly Stretch[]): Stretch[] {
  const whole: Stretch[] = [];
  for (const stretch of all) {
    const last = whole.at(-1);
    if (last?.toNs === stretch.fromNs)
      whole[whole.length - 1] = {
        fromNs: last.fromNs,
        toNs: stretch.toNs,
        out: [...new Set([...last.out, ...stretch.out])],
      };
    else whole.push(stretch);
  }
  return whole;
}

function whyNot(outages: readonly Stretch[], { claims }: CheckContext, boundMs: number): string {
  const fewest = Math.min(...outages.map(({ out }) => out.length));
  if (fewest > claims.toleratesDown)
    return `${fewest} servers were out at once, and it promises progress with at most ${claims.toleratesDown}`;
  const longestMs = Math.max(...joined(outages).map(({ fromNs, toNs }) => (toNs - fromNs) / 1e6));
  return `an outage of ${(longestMs / 1e3).toFixed(1)} s cannot show a stall of more than ${(boundMs / 1e3).toFixed(1)} s`;
}

function tell(history: History, { claims }: CheckContext, { out }: Stretch, stall: Wait): string {
  const seconds = ((stall.untilNs - stall.sinceNs) / 1e9).toFixed(1);
  return (
    `key ${stall.key}: with ${out.join(', ')} out, of which it withstands ${claims.toleratesDown}, somebody waited and ` +
    `nobody got the lock for ${seconds} s, until ${since(history, stall.untilNs)}`
  );
}
