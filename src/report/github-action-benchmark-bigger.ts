/** For github-action-benchmark, tool `customBiggerIsBetter`: what should become more. */
import type { Reporter } from '../contract/index.js';
import { chartPoints } from './chart-points.js';

export default {
  name: 'github-action-benchmark-bigger',
  help: 'customBiggerIsBetter of github-action-benchmark: grants, hand-offs, fairness',
  render: (result) =>
    chartPoints(result, [
      { name: 'grants', unit: 'per second', of: (run) => run.throughputHz, round: (one) => one.throughputHz },
      { name: 'hand-offs', unit: 'per second', of: (run) => run.handoffHz, round: (one) => one.handoffHz },
      { name: 'fairness', unit: "Jain's index", of: (run) => run.fairness.jain },
    ]),
} satisfies Reporter;
