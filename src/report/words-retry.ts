/**
 * Retry policy is half of a lock. Contestants that differ by it alone show what it costs and what it buys: commands of those
 * who came back too early, against the time for which a free lock lies idle because nobody has come back yet. Told only where
 * it is clear, half as much again at least; it is of this run, and not tested.
 * Source: Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 */
import type { LatencySummary, RetryPlan, RunResult } from '../contract/index.js';
import { formatNumber, formatRate, formatSettingMs, formatUs } from '../base/units.js';

const clearRatio = 1.5;
const percentiles = ['p99', 'p90', 'p50'] as const;

/** Whether nothing but the retry policy tells the two apart. */
export function differByRetryOnly(a: RunResult, b: RunResult): boolean {
  const rest = ({ strategy, options, client, topology }: RunResult): string =>
    JSON.stringify([strategy.split('@', 1)[0], options, client, topology]);
  return rest(a) === rest(b) && JSON.stringify(a.retry) !== JSON.stringify(b.retry);
}

/** Null where nothing is clear. */
export function retryText(run: RunResult, base: RunResult): string | null {
  const wait = waitOf(run, base);
  const rows = [
    { name: 'commands per grant', own: run.commandsPerGrant, other: base.commandsPerGrant, format: formatNumber },
    ...(wait === null ? [] : [{ ...wait, name: `wait ${wait.name}`, format: formatUs }]),
    { name: 'grants', own: run.throughputHz, other: base.throughputHz, format: formatRate },
  ];
  const clear = rows.flatMap(({ name, own, other, format }) =>
    own === null || other === null || !isClear(own, other)
      ? []
      : [`${name} ${formatNumber(own / other)} times (${format(own)}, ${format(other)})`],
  );
  if (clear.length === 0 || !roundsApart(run, base)) return null;
  return (
    `${run.strategy} against ${base.strategy}, which differ by their retry policy alone (${policy(run.retry)}, ` +
    `${policy(base.retry)}), in this run: ${clear.join('; ')}. ${why(run, base, wait)}`
  );
}

/** Over several rounds, the rates of the one are all above those of the other. */
function roundsApart(run: RunResult, base: RunResult): boolean {
  if (run.repeats.length < 2 || base.repeats.length < 2) return true;
  const [own, other] = [run, base].map(({ repeats }) => repeats.map(({ throughputHz }) => throughputHz));
  return Math.min(...own) > Math.max(...other) || Math.max(...own) < Math.min(...other);
}

interface Waited {
  readonly name: string;
  readonly own: number;
  readonly other: number;
}

/** The highest percentile that both have. */
function waitOf(run: RunResult, base: RunResult): Waited | null {
  for (const name of percentiles) {
    const [own, other] = [run.waitUs, base.waitUs].map((summary: LatencySummary) => summary[name]);
    if (own !== null && other !== null) return { name, own, other };
  }
  return null;
}

function isClear(own: number, other: number): boolean {
  return own > 0 && other > 0 && Math.max(own / other, other / own) >= clearRatio;
}

/** What is behind the more commands, or the longer waits. No more than the figures show. */
function why(run: RunResult, base: RunResult, wait: Waited | null): string {
  const [own, other] = [run.commandsPerGrant ?? 0, base.commandsPerGrant ?? 0];
  const herd = isClear(own, other) ? (own > other ? run : base) : null;
  const slow = wait !== null && isClear(wait.own, wait.other) ? (wait.own > wait.other ? run : base) : null;
  const idle = 'who stays away for longer finds out later that the lock is free';
  if (herd === null) return slow === null ? '' : `${slow.strategy} waits longer at no gain: ${idle}.`;
  const split = herd.topology.kind === 'quorum' ? ', and those who meet split the vote' : '';
  const together =
    herd.retry.kind === 'fixed'
      ? 'who was refused together comes back together, every time'
      : 'more of those who were refused come back while the lock is still held';
  const cost = `With ${herd.strategy} ${together}${split}: that is the herd`;
  return slow === null || slow === herd ? `${cost}.` : `${cost}; with ${slow.strategy} ${idle}.`;
}

/** "full-jitter 5ms-500ms" */
function policy({ kind, minMs, maxMs }: RetryPlan): string {
  const times = kind === 'fixed' ? formatSettingMs(minMs) : `${formatSettingMs(minMs)}-${formatSettingMs(maxMs)}`;
  return `${kind} ${times}`;
}
