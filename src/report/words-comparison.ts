/**
 * Runs of one result against each other: variants of a design against that design, and designs against the quickest. Only
 * what is clear, half as much again at least, and over rounds only where their ranges do not meet. It tells of this run;
 * whether a difference would repeat is not tested here.
 */
import type { RepeatResult, Result, RunResult } from '../contract/index.js';
import { formatNumber, formatRate, formatUs } from '../base/units.js';
import { groupBy } from './text.js';
import { isControl } from './verdicts.js';
import type { Word } from './words.js';
import { differByRetryOnly, retryText } from './words-retry.js';

const clearRatio = 1.5;

interface Metric {
  readonly name: string;
  of(run: RunResult): number | null;
  ofRound(round: RepeatResult): number | null;
  readonly format: (value: number) => string;
}

const acquireP50: Metric = {
  name: 'acquire p50',
  of: (run) => run.latencyUs.acquire.p50,
  ofRound: (round) => round.acquireUs.p50,
  format: formatUs,
};
const waitP99: Metric = {
  name: 'wait p99',
  of: (run) => run.waitUs.p99,
  ofRound: (round) => round.waitUs.p99,
  format: formatUs,
};
const throughput: Metric = {
  name: 'grants',
  of: (run) => run.throughputHz,
  ofRound: (round) => round.throughputHz,
  format: formatRate,
};

/** The control holds no lock, and takes no part. */
export function comparisonWords({ runs }: Result): Word[] {
  const families = groupBy(
    runs.filter((run) => !isControl(run)),
    designOf,
  );
  const heads = families.map(([design, of]) => of.find(({ strategy }) => strategy === design) ?? of[0]);
  const variants = families.flatMap(([, of], at) =>
    of.filter((run) => run !== heads[at]).flatMap((run) => variantText(run, heads[at])),
  );
  return [...variants, ...designsText(heads)].map((text) => ({ level: 'note', text }));
}

/** `redlock` of `redlock@quorum=all` */
function designOf({ strategy }: RunResult): string {
  return strategy.split('@', 1)[0];
}

/** `redlock@fanout=sequential: acquire p50 2.90 times redlock's in this run (1.20ms, 414us)` */
function variantText(run: RunResult, base: RunResult): string[] {
  if (differByRetryOnly(run, base)) return [retryText(run, base) ?? []].flat();
  const found = [acquireP50, waitP99, throughput].flatMap((metric) => {
    const ratio = clearDifference(metric, run, base);
    const [own, other] = [metric.of(run), metric.of(base)];
    if (ratio === null || own === null || other === null) return [];
    return [`${metric.name} ${formatNumber(ratio)} times (${metric.format(own)}, ${metric.format(other)})`];
  });
  return found.length === 0 ? [] : [`${run.strategy} against ${base.strategy} in this run: ${found.join('; ')}`];
}

/** `acquire p50 in this run: single has the lowest (212us); redlock 2.10 times that` */
function designsText(heads: readonly RunResult[]): string[] {
  const measured = heads.filter((run) => (acquireP50.of(run) ?? 0) > 0);
  if (measured.length < 2) return [];
  const quickest = measured.reduce((a, b) => ((acquireP50.of(b) ?? 0) < (acquireP50.of(a) ?? 0) ? b : a));
  const others = measured.flatMap((run) => {
    const ratio = run === quickest ? null : clearDifference(acquireP50, run, quickest);
    return ratio === null ? [] : [`${run.strategy} ${formatNumber(ratio)} times`];
  });
  if (others.length === 0) return [];
  return [
    `acquire p50 in this run: ${quickest.strategy} has the lowest with ${formatUs(acquireP50.of(quickest))}; ` +
      `${others.join(', ')} that`,
  ];
}

/** The ratio of the two, or null where there is none or it is not clear. */
function clearDifference(metric: Metric, run: RunResult, base: RunResult): number | null {
  const [own, other] = [metric.of(run), metric.of(base)];
  if (own === null || other === null || own <= 0 || other <= 0) return null;
  const ratio = own / other;
  if (Math.max(ratio, 1 / ratio) < clearRatio) return null;
  const [ownRange, otherRange] = [rangeOf(metric, run), rangeOf(metric, base)];
  const apart = ownRange.min > otherRange.max || ownRange.max < otherRange.min;
  return apart ? ratio : null;
}

function rangeOf(metric: Metric, run: RunResult): { readonly min: number; readonly max: number } {
  const rounds = run.repeats.flatMap((round) => metric.ofRound(round) ?? []);
  const values = rounds.length > 0 ? rounds : [metric.of(run) ?? NaN];
  return { min: Math.min(...values), max: Math.max(...values) };
}
