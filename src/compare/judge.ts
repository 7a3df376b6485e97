/**
 * From what was measured to figures with intervals, and to verdicts. Pure: a stored comparison can be judged again.
 *
 * Throughput and the median cycle are compared slice by slice, each with its neighbour in time; p99 from process to process, for
 * a slice holds too few cycles to tell it. Counts are exact: they have no noise, so any difference is one.
 */
import { seededRandom } from '../base/random.js';
import { clusteredBootstrap, type Interval } from '../stats/clustered-bootstrap.js';
import { median } from '../stats/median.js';
import { changeVerdict, logOf, ratioOf, smallestEffect, type Better, type ChangeVerdict } from '../stats/verdict.js';
import type { Generation } from './measured.js';
import type { Side } from './plan.js';
import type { SideTotals, SliceFigures } from './protocol.js';

export const metricNames = ['throughput', 'cycleP50', 'acquireP50', 'cycleP99'] as const;
export type MetricName = (typeof metricNames)[number];

export interface Metric {
  readonly name: MetricName;
  readonly unit: 'hz' | 'us';
  /** Whether it decides over the exit code. */
  readonly gated: boolean;
  readonly baseline: number | null;
  readonly candidate: number | null;
  /** Candidate over baseline less one, with its 95 % interval; null where there was too little to tell. */
  readonly change: Readonly<Record<'estimate' | 'low' | 'high', number>> | null;
  readonly verdict: ChangeVerdict;
  /** A change below this does not count, as a ratio. */
  readonly floor: number;
  /** The smallest change that this run could have told from none, as a ratio. */
  readonly smallest: number | null;
}

/** p99 of identical code differs much from run to run: only a large change is an alarm. */
export const p99Floor = 0.5;

type Figure = (side: SliceFigures) => number | null;

const perSlice: Readonly<Record<Exclude<MetricName, 'cycleP99'>, { figure: Figure; better: Better; gated: boolean }>> =
  {
    // A slice without a cycle cannot be left out, nor has it a logarithm: it counts as half a cycle.
    throughput: {
      figure: ({ cycles, windowMs }) => (Math.max(0.5, cycles) * 1000) / windowMs,
      better: 'higher',
      gated: true,
    },
    cycleP50: { figure: ({ cycleP50Us }) => cycleP50Us, better: 'lower', gated: true },
    // Part of the cycle: gated it would be a second chance for a false alarm.
    acquireP50: { figure: ({ acquireP50Us }) => acquireP50Us, better: 'lower', gated: false },
  };

/** As ratios: 0.05 for five per cent. */
export interface Floors {
  readonly throughput: number;
  readonly p50: number;
}

export interface Floor extends Floors {
  /** Where it comes from, in words. */
  readonly source: string;
}

export function judge(generations: readonly Generation[], floors: Floors, seed: number): Metric[] {
  return metricNames.map((name) => {
    if (name === 'cycleP99') return judgeP99(generations, seed);
    const floor = name === 'throughput' ? floors.throughput : floors.p50;
    return judgeSlices(generations, name, floor, seededRandom(seed, `bootstrap of ${name}`));
  });
}

function judgeSlices(
  generations: readonly Generation[],
  name: keyof typeof perSlice,
  floor: number,
  random: () => number,
): Metric {
  const { figure, better, gated } = perSlice[name];
  const clusters = generations.map(({ pairs }) =>
    pairs.flatMap(({ baseline, candidate }) => logRatio(figure(baseline), figure(candidate))),
  );
  const typical = (side: Side): number | null =>
    medianOf(generations.flatMap(({ pairs }) => pairs.flatMap((pair) => figure(pair[side]) ?? [])));
  const unit = name === 'throughput' ? 'hz' : 'us';
  const figures = { baseline: typical('baseline'), candidate: typical('candidate') };
  return metric({ name, unit, gated, ...figures, floor }, clusteredBootstrap(clusters, random), better);
}

function judgeP99(generations: readonly Generation[], seed: number): Metric {
  const p99 = (totals: SideTotals): number | null => totals.cycleP99Us;
  const clusters = generations.map(({ totals }) =>
    totals === null ? [] : logRatio(p99(totals.baseline), p99(totals.candidate)),
  );
  const typical = (side: Side): number | null =>
    medianOf(generations.flatMap(({ totals }) => (totals === null ? [] : (p99(totals[side]) ?? []))));
  return metric(
    {
      name: 'cycleP99',
      unit: 'us',
      gated: true,
      baseline: typical('baseline'),
      candidate: typical('candidate'),
      floor: p99Floor,
    },
    clusteredBootstrap(clusters, seededRandom(seed, 'bootstrap of cycleP99')),
    'lower',
  );
}

function metric(
  given: Omit<Metric, 'change' | 'verdict' | 'smallest'>,
  interval: Interval | null,
  better: Better,
): Metric {
  if (interval === null) return { ...given, change: null, verdict: 'inconclusive', smallest: null };
  const { estimate, low, high } = interval;
  const floor = logOf(given.floor);
  return {
    ...given,
    change: { estimate: ratioOf(estimate), low: ratioOf(low), high: ratioOf(high) },
    verdict: changeVerdict(interval, floor, better),
    smallest: ratioOf(smallestEffect(interval, floor)),
  };
}

/** Either bad one decides; to be equivalent takes both headlines. Whatever is not gated only tells. */
export function overallVerdict(metrics: readonly Metric[]): ChangeVerdict {
  const gated = metrics.filter((one) => one.gated);
  if (gated.some(({ verdict }) => verdict === 'regression')) return 'regression';
  if (gated.some(({ verdict }) => verdict === 'improvement')) return 'improvement';
  const headlines = gated.filter(({ name }) => name !== 'cycleP99');
  return headlines.every(({ verdict }) => verdict === 'equivalent') ? 'equivalent' : 'inconclusive';
}

function logRatio(baseline: number | null, candidate: number | null): number[] {
  return baseline === null || candidate === null || baseline <= 0 || candidate <= 0
    ? []
    : [Math.log(candidate / baseline)];
}

function medianOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values);
}
