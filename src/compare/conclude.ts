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
  const confirmation = confirming.length > 0 && alarmsOf(metrics).length > 0 ? confirm(metrics, evidence) : null;
  const found = overallVerdict(metrics);
  const invalid = [
    ...noise.tooNoisy,
    ...reasons(evidence, exact),
    ...(found === 'inconclusive' ? blindness(metrics) : []),
  ];
  // A thing compared with itself is never worse: what looks so is noise, and the floor to come says how much.
  const unconfirmed = found === 'regression' && confirmation?.confirmed !== true;
  const verdict = invalid.length > 0 ? 'invalid' : interrupted || unconfirmed ? 'inconclusive' : found;
  return { verdict, invalid, metrics, exact, noise, confirmation };
}

/** What gives an alarm, unless the run does not count anyway. */
export function alarmsOf(metrics: readonly Metric[]): Metric[] {
  return metrics.filter(({ gated, verdict }) => gated && verdict === 'regression');
}

/**
 * An alarm must show again: the second run by itself lies on the same side of nothing, and both together still make an alarm. A
 * chance is thus looked at twice, and a change just above the floor is not missed for want of generations in the second run.
 */
function confirm(first: readonly Metric[], evidence: Evidence): Confirmation {
  const { generations, confirming, floors, plan } = evidence;
  const seed = plan.seed + 1;
  const alarmed = alarmsOf(first).map(({ name }) => name);
  const again = judge(confirming, floors, seed);
  const together = judge([...generations, ...confirming], floors, seed);
  const worse = ({ name, change }: Metric): boolean =>
    change !== null && (name === 'throughput' ? change.estimate < 0 : change.estimate > 0);
  const confirmed = alarmsOf(together).some(
    ({ name }) => alarmed.includes(name) && again.some((metric) => metric.name === name && worse(metric)),
  );
  return { alarmed, confirmed, generations: confirming.length, metrics: together };
}

function reasons({ generations, failure }: Evidence, exact: Exact): string[] {
  const few = generations.length < leastClusters;
  const ungranted = sides.filter((side) => generations.length > 0 && exact[side].grants === 0);
  return [
    ...(failure === null ? [] : [failure]),
    ...ungranted.map((side) => `the ${side} was granted nothing`),
    ...(few ? [`generations measured: ${generations.length}; fewer than ${leastClusters} tell nothing`] : []),
  ];
}

function blindness(metrics: readonly Metric[]): string[] {
  const smallest = metrics.find(({ name }) => name === 'throughput')?.smallest ?? 0;
  return smallest > blindAbove
    ? [
        `changes below ${formatPercent(blindAbove)} could not have been seen: give a larger --budget, or end what else runs here`,
      ]
    : [];
}
