/**
 * An interval for the median of values that come in clusters, by the hierarchical bootstrap: clusters are drawn with
 * replacement, then values within each. Sources: Kalibera and Jones, "Rigorous Benchmarking in Reasonable Time" (ISMM 2013);
 * Davison and Hinkley, "Bootstrap Methods and their Application" (1997), section 3.8.
 *
 * Values of one process share its luck (the order in which code was compiled, where memory lies), so a process is the unit of
 * analysis: an interval from the pooled values alone is far too narrow.
 */
import { median } from './median.js';

export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

export const usualResamples = 2000;
/** Fewer clusters cannot exclude anything at 95 %: of 5 pairs, all on one side by chance is 1 in 16. */
export const leastClusters = 6;
const tail = 0.025;

/** Percentile interval, 95 %. Null for fewer than `leastClusters` clusters with values. `random` is uniform in [0, 1). */
export function clusteredBootstrap(
  clusters: readonly (readonly number[])[],
  random: () => number,
  resamples = usualResamples,
): Interval | null {
  const filled = clusters.filter((values) => values.length > 0);
  if (filled.length < leastClusters) return null;
  const medians = new Float64Array(resamples);
  const longest = Math.max(...filled.map((values) => values.length));
  const drawn = new Float64Array(filled.length * longest);
  for (let i = 0; i < resamples; i += 1) medians[i] = resampledMedian(filled, drawn, random);
  medians.sort();
  return {
    estimate: median(filled.flat()),
    low: medians[Math.floor(tail * (resamples - 1))],
    high: medians[Math.ceil((1 - tail) * (resamples - 1))],
  };
}

function resampledMedian(clusters: readonly (readonly number[])[], drawn: Float64Array, random: () => number): number {
  let count = 0;
  for (let i = 0; i < clusters.length; i += 1) {
    const values = clusters[Math.floor(random() * clusters.length)];
    for (let j = 0; j < values.length; j += 1) drawn[count++] = values[Math.floor(random() * values.length)];
  }
  const sorted = drawn.subarray(0, count).sort();
  const middle = count >> 1;
  return count % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
