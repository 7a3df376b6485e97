/**
 * The two text formats of HdrHistogram, from what `histograms.json` holds: the interval log (`.hlog`), and the percentile
 * distribution (`.hgrm`). Values are ns in the first, us in the second.
 */
import { decodeFromCompressedBase64, HistogramLogWriter, type Histogram } from 'hdr-histogram-js';
import { latencyNames, type EncodedHistogram, type LatencyName, type StoredHistograms } from '../contract/index.js';

/** One histogram, and what it is of. */
export interface TaggedHistogram {
  readonly strategy: string;
  readonly latency: LatencyName;
  readonly round: number;
  readonly startMs: number;
  readonly durationMs: number;
  readonly encoded: EncodedHistogram;
}

const counterBits = 64;
/** The log tells each interval's maximum in ms. */
const nsPerMs = 1e6;
const nsPerUs = 1000;
/** Lines of the distribution for each halving of the distance to 100 %: the default of the HdrHistogram tools. */
const ticksPerHalfDistance = 5;

export function taggedHistograms(stored: readonly StoredHistograms[]): readonly TaggedHistogram[] {
  return stored.flatMap(({ strategy, round, startMs, durationMs, histograms }) =>
    latencyNames.map((latency) => ({
      strategy,
      latency,
      round,
      startMs,
      durationMs,
      encoded: histograms[latency],
    })),
  );
}

/** Of a contestant and a latency. A tag ends at the first comma, and blanks split lines in some tools. */
export function tagOf({ strategy, latency }: Pick<TaggedHistogram, 'strategy' | 'latency'>): string {
  return `${strategy.replace(/[\s,]+/g, ';')}/${latency}`;
}

/** One line for each histogram that holds anything; `startedMs` since the epoch. */
export function intervalLog(histograms: readonly TaggedHistogram[], startedMs: number, title: string): string {
  let text = '';
  const writer = new HistogramLogWriter((line) => {
    text += line;
  });
  writer.outputComment(`[${title}]`);
  writer.outputLogFormatVersion();
  writer.outputComment(`[StartTime: ${(startedMs / 1000).toFixed(3)} (seconds since epoch)]`);
  writer.outputLegend();
  for (const one of histograms) {
    const histogram = decoded(one.encoded);
    if (histogram.totalCount === 0) continue;
    histogram.tag = tagOf(one);
    const startS = one.startMs / 1000;
    writer.outputIntervalHistogram(histogram, startS, startS + one.durationMs / 1000, nsPerMs);
  }
  return text;
}

/** The distribution of several histograms together, in us; null where nothing was recorded. */
export function percentileDistribution(encoded: readonly EncodedHistogram[]): string | null {
  const [first, ...others] = encoded.map(decoded);
  if (first === undefined) return null;
  for (const other of others) first.add(other);
  return first.totalCount === 0 ? null : first.outputPercentileDistribution(ticksPerHalfDistance, nsPerUs);
}

function decoded({ hdr }: EncodedHistogram): Histogram {
  return decodeFromCompressedBase64(hdr, counterBits, false);
}
