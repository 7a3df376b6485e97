/**
 * For the plotters of HdrHistogram: the percentile distribution of each contestant and latency over all rounds, in us. Each
 * begins with a comment, `#[Tag=CONTESTANT/LATENCY]`; a plotter takes one at a time.
 */
import type { Reporter } from '../contract/index.js';
import { percentileDistribution, tagOf, taggedHistograms } from '../record/hdr-text.js';
import { groupBy } from './text.js';

export default {
  name: 'hgrm',
  help: 'percentile distributions of HdrHistogram, in us, one section for each contestant and latency',
  needs: 'histograms',
  render: (_, __, histograms = []) =>
    groupBy(taggedHistograms(histograms), tagOf)
      .flatMap(([tag, of]) => {
        const text = percentileDistribution(of.map(({ encoded }) => encoded));
        return text === null ? [] : [`#[Tag=${tag}, unit=us]\n${text.trimEnd()}\n`];
      })
      .join('\n'),
} satisfies Reporter;
