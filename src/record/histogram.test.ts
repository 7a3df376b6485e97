import { build } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../base/random.js';
import { encodeHistogram, toHdr } from './hdr.js';
import {
  addHistogram,
  bucketCount,
  bucketIndex,
  emptyHistogram,
  highestNs,
  quantileNs,
  recordNs,
  subtractHistogram,
} from './histogram.js';

const library = () =>
  build({
    bitBucketSize: 64,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestNs,
    numberOfSignificantValueDigits: 3,
  });

describe('histogram', () => {
  it('has the bucket layout of hdr-histogram-js', () => {
    const random = seededRandom(1);
    const edges = Array.from({ length: 41 }, (_, i) => 2 ** i).flatMap((power) => [power - 1, power, power + 1]);
    const values = [...edges, ...Array.from({ length: 20_000 }, () => Math.floor(highestNs ** random()))];
    const ours = emptyHistogram();
    const theirs = library();
    for (const value of values) {
      recordNs(ours, value);
      theirs.recordValue(value);
    }
    for (const percent of [0, 1, 10, 25, 50, 75, 90, 99, 99.9, 100]) {
      expect(toHdr(ours).getValueAtPercentile(percent)).toBe(theirs.getValueAtPercentile(percent));
    }
    expect(toHdr(ours).totalCount).toBe(values.length);
    expect(encodeHistogram(ours).hdr.length).toBeGreaterThan(100);
  });

  it('gives every value a bucket within a thousandth of it', () => {
    const random = seededRandom(2);
    for (let i = 0; i < 500; i += 1) {
      const value = Math.floor(highestNs ** random());
      const counts = emptyHistogram();
      recordNs(counts, value);
      const found = quantileNs(counts, 1)!;
      expect(Math.abs(found - value)).toBeLessThanOrEqual(value / 1000);
      expect(bucketIndex(value)).toBeLessThan(bucketCount);
    }
  });

  it('cuts what is beyond its range, keeps the exact sum and maximum, and refuses what is no latency', () => {
    const counts = emptyHistogram();
    recordNs(counts, highestNs * 2);
    recordNs(counts, 0.4);
    expect(encodeHistogram(counts)).toMatchObject({ sumNs: highestNs * 2 + 0.4, maxNs: highestNs * 2 });
    expect(() => recordNs(counts, NaN)).toThrow(RangeError);
    expect(() => recordNs(counts, -1)).toThrow(RangeError);
  });

  it('adds and subtracts', () => {
    const [a, b] = [emptyHistogram(), emptyHistogram()];
    recordNs(a, 5);
    recordNs(b, 5000);
    const sum = emptyHistogram();
    addHistogram(sum, a);
    addHistogram(sum, b);
    expect(toHdr(sum).totalCount).toBe(2);
    expect(quantileNs(subtractHistogram(sum, a), 0.5)).toBeGreaterThan(4990);
    expect(quantileNs(emptyHistogram(), 0.5)).toBeNull();
  });
});
