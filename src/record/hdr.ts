/** From counts to the histogram of hdr-histogram-js, which computes percentiles and encodes. */
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { EncodedHistogram } from '../contract/index.js';
import { bucketCount, exactMaxNs, exactSumNs, highestNs, lowestInBucket, significantDigits } from './histogram.js';

/** The library's histogram with the same content, for percentiles, `.hlog` and base64. */
export function toHdr(counts: Float64Array): Histogram {
  const hdr = build({
    bitBucketSize: 64,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestNs,
    numberOfSignificantValueDigits: significantDigits,
  });
  for (let i = 0; i < bucketCount; i += 1) {
    const count = counts[i];
    if (count > 0) hdr.recordValueWithCount(lowestInBucket(i), count);
  }
  return hdr;
}

/** As the HdrHistogram tools read it. The exact sum and maximum are not in it: send them beside. */
export function encodeHistogram(counts: Float64Array): EncodedHistogram {
  return { sumNs: exactSumNs(counts), maxNs: exactMaxNs(counts), hdr: encodeIntoCompressedBase64(toHdr(counts)) };
}
