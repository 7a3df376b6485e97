/** From counts to the figures that are printed. */
import type { LatencySummary } from '../contract/index.js';
import { toHdr } from '../record/hdr.js';
import { exactMaxNs, exactSumNs } from '../record/histogram.js';

/** A percentile is told only when so many samples lie above it. */
const samplesAbove = 10;

export function summariseLatency(counts: Float64Array): LatencySummary {
  const hdr = toHdr(counts);
  const count = hdr.totalCount;
  const us = (ns: number): number => ns / 1000;
  const percentile = (percent: number): number | null =>
    count * (1 - percent / 100) >= samplesAbove - 1e-6
      ? us(Math.min(hdr.getValueAtPercentile(percent), exactMaxNs(counts)))
      : null;
  return {
    count,
    mean: count === 0 ? null : us(exactSumNs(counts) / count),
    p50: percentile(50),
    p90: percentile(90),
    p99: percentile(99),
    p999: percentile(99.9),
    max: count === 0 ? null : us(exactMaxNs(counts)),
  };
}
