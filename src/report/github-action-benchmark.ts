/** For github-action-benchmark, tool `customSmallerIsBetter`: what should become less. */
import type { Reporter, RunResult } from '../contract/index.js';
import { chartPoints } from './chart-points.js';
import { violationsOrUndecided } from './verdicts.js';

export default {
  name: 'github-action-benchmark',
  help: 'customSmallerIsBetter of github-action-benchmark: latencies, commands per grant, violations',
  render: (result) =>
    chartPoints(result, [
      { name: 'acquire p50', unit: 'us', of: (run) => run.latencyUs.acquire.p50, round: (one) => one.acquireUs.p50 },
      { name: 'acquire p99', unit: 'us', of: (run) => run.latencyUs.acquire.p99, round: (one) => one.acquireUs.p99 },
      { name: 'release p99', unit: 'us', of: (run) => run.latencyUs.release.p99 },
      { name: 'wait p99', unit: 'us', of: (run) => run.waitUs.p99, round: (one) => one.waitUs.p99 },
      { name: 'commands per grant', unit: 'commands', of: (run) => run.commandsPerGrant },
      { name: 'violations', unit: 'violations', of: violations, round: (one) => one.violations },
    ]),
} satisfies Reporter;

/** Undecided is no 0. */
function violations(run: RunResult): number | null {
  const count = violationsOrUndecided(run);
  return count === 'undecided' ? null : count;
}
