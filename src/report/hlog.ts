/**
 * For the HdrHistogram tools: an interval log, one line for each round of each contestant and latency, tagged
 * `CONTESTANT/LATENCY`. Values are ns, times count from the opening of the first window.
 */
import type { Reporter } from '../contract/index.js';
import { intervalLog, taggedHistograms } from '../record/hdr-text.js';

export default {
  name: 'hlog',
  help: 'interval log of HdrHistogram, in ns, tagged contestant/latency; its tools merge and draw it',
  needs: 'histograms',
  render(result, _, histograms = []) {
    const title = `lockbench ${result.environment.lockbench}, seed ${result.seed}`;
    return intervalLog(taggedHistograms(histograms), Date.parse(result.startedAt), title);
  },
} satisfies Reporter;
