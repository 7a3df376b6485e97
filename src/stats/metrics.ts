/**
 * The figures of a result that a threshold can be set on: name, unit, and how to read it. Percentiles are of all rounds
 * together and rates medians of rounds, as in the table.
 */
import { latencyNames, type LatencySummary, type MetricUnit, type RunResult } from '../contract/index.js';
import { violationsOrUndecided } from '../check/violations.js';

export interface Metric {
  readonly name: string;
  readonly unit: MetricUnit;
  /** It never becomes less while a run goes on, so an upper limit that is crossed stays crossed. */
  readonly grows: boolean;
  /** The figure in `unit`; where there is none, a text that says why. */
  of(run: RunResult): number | string;
}

const statistics = ['mean', 'p50', 'p90', 'p99', 'p999', 'max', 'count'] as const;

export const metrics: readonly Metric[] = [
  ...latencyNames.flatMap((latency) =>
    statistics.map((statistic): Metric => ({
      name: `${latency}.${statistic}`,
      unit: statistic === 'count' ? 'count' : 'us',
      grows: statistic === 'count' || statistic === 'max',
      of: (run) => figureOf(latency, statistic, latency === 'wait' ? run.waitUs : run.latencyUs[latency]),
    })),
  ),
  measure('throughput', 'hz', (run) => run.throughputHz),
  measure('handoffs', 'hz', (run) => run.handoffHz),
  growing('violations', violations),
  measure('jain', 'ratio', (run) => run.fairness.jain ?? 'nobody was granted the lock, so there are no shares'),
  growing('starved', (run) => run.fairness.starved),
  growing('attempts', (run) => run.attempts),
  growing('grants', (run) => run.grants),
  growing('unknown', (run) => run.unknown),
  growing('errors', (run) => Object.values(run.errors).reduce((sum, count) => sum + count, 0)),
  measure('commandsPerGrant', 'number', (run) => run.commandsPerGrant ?? uncounted),
  measure('roundTripsPerGrant', 'number', (run) => run.roundTripsPerGrant ?? uncounted),
  growing('trialsViolated', (run) => run.trials?.violated ?? 'the rounds were no trials'),
  measure('refused.busy', 'ratio', (run) => shareOf(run, run.refused.busy)),
  measure('refused.tooLate', 'ratio', (run) => shareOf(run, run.refused.tooLate)),
  measure('refused.unreachable', 'ratio', (run) => shareOf(run, run.refused.unreachable)),
];

const uncounted = 'it was not counted: nothing was granted, a worker was lost, or there is no server';

export function metricNamed(name: string): Metric | undefined {
  return metrics.find((metric) => metric.name === name);
}

/** All names in a line, those that go by a pattern told as one. */
export const metricWords = [
  `one of ${latencyNames.join(', ')} with .${statistics.join(', .')}`,
  ...metrics.map(({ name }) => name).filter((name) => !latencyNames.some((latency) => name.startsWith(`${latency}.`))),
].join('; ');

function measure(name: string, unit: MetricUnit, of: Metric['of']): Metric {
  return { name, unit, grows: false, of };
}

function growing(name: string, of: Metric['of']): Metric {
  return { name, unit: 'count', grows: true, of };
}

function figureOf(latency: string, statistic: (typeof statistics)[number], summary: LatencySummary): number | string {
  if (summary.count === 0 && statistic !== 'count') return `no ${latency} was recorded`;
  return summary[statistic] ?? `${summary.count} samples are too few for a ${statistic} of ${latency}`;
}

function violations(run: RunResult): number | string {
  const count = violationsOrUndecided(run);
  if (count === 'undecided') return 'nothing was violated, but mutual exclusion is undecided';
  return count ?? 'mutual exclusion was not checked';
}

function shareOf({ attempts }: RunResult, count: number): number | string {
  return attempts === 0 ? 'there were no attempts' : count / attempts;
}
