/**
 * Latencies in the bucket layout of HdrHistogram (3 significant digits, 1 ns to an hour), counted in shared memory: no
 * allocation per value, and the main thread reads the counts while they grow. What is done with them in the end is done by
 * hdr-histogram-js (`hdr.ts`), which no worker has to load; a test holds the indices equal to its own.
 */

export const significantDigits = 3;
export const highestNs = 3_600_000_000_000;
/** Sub-buckets in the first bucket: the smallest power of two that gives 3 digits. */
const subBuckets = 2048;
const halfMagnitude = 10;

const view = new Float64Array(1);
const words = new Uint32Array(view.buffer);

/** Position of a value's bucket; the value is a whole number of ns, 0 to `highestNs`. */
export function bucketIndex(ns: number): number {
  if (ns < subBuckets) return ns;
  view[0] = ns;
  // A double's exponent and the first ten bits of its fraction, which stand side by side, count buckets and their parts.
  return (words[1] >>> (20 - halfMagnitude)) - ((1023 + halfMagnitude - 1) << halfMagnitude);
}

export const bucketCount = bucketIndex(highestNs) + 1;

/** Beside the counts: sum and maximum, both exact, which the buckets do not hold. */
const extras = 2;
export const histogramLength = bucketCount + extras;

/** Records `ns`, cut to the range; NaN and negative values are a bug of the caller and throw. */
export function recordNs(counts: Float64Array, ns: number): void {
  if (!(ns >= 0)) throw new RangeError(`a latency of ${ns} ns`);
  const value = ns > highestNs ? highestNs : Math.round(ns);
  counts[bucketIndex(value)] += 1;
  counts[bucketCount] += ns;
  if (ns > counts[bucketCount + 1]) counts[bucketCount + 1] = ns;
}

export function emptyHistogram(): Float64Array {
  return new Float64Array(histogramLength);
}

/** Adds `from` to `to`. Most are empty above some milliseconds. */
export function addHistogram(to: Float64Array, from: Float64Array): void {
  const maxNs = exactMaxNs(from);
  const last = bucketIndex(Math.min(Math.round(maxNs), highestNs));
  for (let i = 0; i <= last; i += 1) to[i] += from[i];
  to[bucketCount] += from[bucketCount];
  to[bucketCount + 1] = Math.max(to[bucketCount + 1], maxNs);
}

/** `now` less `before`: the values recorded in between. Their maximum is not known. */
export function subtractHistogram(now: Float64Array, before: Float64Array): Float64Array {
  const out = new Float64Array(histogramLength);
  for (let i = 0; i <= bucketCount; i += 1) out[i] = now[i] - before[i];
  return out;
}

export function exactSumNs(counts: Float64Array): number {
  return counts[bucketCount];
}

export function exactMaxNs(counts: Float64Array): number {
  return counts[bucketCount + 1];
}

/** For percentiles of few values without building a whole histogram: the value below which `ratio` of them lie. */
export function quantileNs(counts: Float64Array, ratio: number): number | null {
  let total = 0;
  for (let i = 0; i < bucketCount; i += 1) total += counts[i];
  if (total === 0) return null;
  let seen = 0;
  for (let i = 0; i < bucketCount; i += 1) {
    seen += counts[i];
    if (seen >= ratio * total) return lowestInBucket(i);
  }
  return null;
}

/** In ns, from the position. */
export function lowestInBucket(index: number): number {
  if (index < subBuckets) return index;
  const bucket = (index >> halfMagnitude) - 1;
  return (index - (bucket << halfMagnitude)) * 2 ** bucket;
}
