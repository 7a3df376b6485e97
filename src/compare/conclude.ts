/** From all that was measured to the verdict on it. Pure: a stored comparison can be judged again, under another floor too. */
import { formatPercent } from '../base/units.js';
import { leastClusters } from '../stats/clustered-bootstrap.js';
import type { Confirmation, OverallVerdict } from './document.js';
import { exactOf, type Exact } from './exact.js';
import { judge, overallVerdict, type Floors, type Metric } from './judge.js';
import type { Generation } from './measured.js';
import { noiseOf, type Noise } from './noise.js';
import { sides, type ComparePlan, type Design } from './plan.js';

export interface Evidence {
  readonly plan: ComparePlan;
  readonly design: Design;
  readonly floors: Floors;
  readonly generations: readonly Generation[];
  /** Of the second run, where the first gave an alarm. */
  readonly confirming: readonly Generation[];
  readonly interrupted: boolean;
  /** Why it ended early; null: it did not. */
  readonly failure: string | null;
  /** Of a comparison of a thing with itself nothing is to be confirmed. */
  readonly calibrating: boolean;
}

export interface Conclusion {
  readonly verdict: OverallVerdict;
  readonly invalid: readonly string[];
  readonly metrics: readonly Metric[];
  readonly exact: Exact;
  readonly noise: Noise;
  readonly confirmation: Confirmation | null;
}

/** A run that could have seen only larger changes than this has seen nothing. */
const blindAbove = 0.5;

export function conclude(evidence: Evidence): Conclusion {
  const { plan, design, floors, generations, confirming, interrupted } = evidence;
  const all = [...generations, ...confirming];
  const metrics = judge(generations, floors, plan.seed);
  const exact = exactOf(all, plan);
  const noise = noiseOf(all, design);
  const confirmation = confirming.length > 0 ? confirm(metrics, confirming, plan.seed) : null;
  const found = overallVerdict(metrics);
  const invalid = [
    ...noise.tooNoisy,
    ...reasons(evidence, exact),
    ...(found === 'inconclusive' ? blindness(metrics) : []),
  ];
  const unconfirmed = found === 'regression' && !evidence.calibrating && confirmation?.confirmed !== true;
  const verdict = invalid.length > 0 ? 'invalid' : interrupted || unconfirmed ? 'inconclusive' : found;
  return { verdict, invalid, metrics, exact, noise, confirmation };
}

/** What gives an alarm, unless the run does not count anyway. */
export function alarmsOf(metrics: readonly Metric[]): Metric[] {
  return metrics.filter(({ gated, verdict }) => gated && verdict === 'regression');
}

/**
 * An alarm must show again, on the same side of nothing. The floor is not asked for twice: that would miss half of the changes
 * just above it.
 */
function confirm(metrics: readonly Metric[], confirming: readonly Generation[], seed: number): Confirmation {
  const again = judge(confirming, { throughput: 0, p50: 0 }, seed);
  const alarmed = alarmsOf(metrics).map(({ name }) => name);
  const shown = ({ name, change }: Metric): boolean =>
    change !== null && (name === 'throughput' ? change.high < 0 : change.low > 0);
  const confirmed = again.some((metric) => alarmed.includes(metric.name) && shown(metric));
  return { alarmed, confirmed, generations: confirming.length, metrics: again };
}

function reasons({ generations, failure }: Evidence, exact: Exact): string[] {
  const few = generations.length < leastClusters;
  const ungranted = sides.filter((side) => generations.length > 0 && exact[side].grants === 0);
  return [
    ...(failure === null ? [] : [failure]),
    ...ungranted.map((side) => `the ${side} was granted nothing`),
    ...(few ? [`${generations.length} generations were measured; fewer than ${leastClusters} tell nothing`] : []),
  ];
}

function blindness(metrics: readonly Metric[]): string[] {
  const smallest = metrics.find(({ name }) => name === 'throughput')?.smallest ?? 0;
  return smallest > blindAbove
    ? [`changes below ${formatPercent(blindAbove)} could not have been seen: end what else runs here`]
    : [];
}
