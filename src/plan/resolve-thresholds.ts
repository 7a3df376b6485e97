/** The thresholds of a run, each checked against what there is to measure and to compare. */
import type { StrategyPlan, ThresholdPlan } from '../contract/index.js';
import { nearest } from '../base/plugins.js';
import { metricNamed, metrics, metricWords, type Metric } from '../stats/metrics.js';
import type { Problems } from './problems.js';
import { parseLimit, parseThreshold, splitThresholds, thresholdForm } from './threshold-text.js';

/** What of the plan decides whether a metric can have a figure at all. */
export interface MeasuredPlan {
  readonly strategies: readonly Pick<StrategyPlan, 'label' | 'topology'>[];
  readonly trials: boolean;
  readonly rateHz: number | null;
  readonly extendEveryMs: number | null;
}

const option = '--threshold';

export function resolveThresholds(text: string, plan: MeasuredPlan, problems: Problems): ThresholdPlan[] {
  return splitThresholds(text).flatMap((one) => resolveThreshold(one, plan, problems) ?? []);
}

function resolveThreshold(text: string, plan: MeasuredPlan, problems: Problems): ThresholdPlan | null {
  const parsed = parseThreshold(text);
  if (parsed === null) {
    problems.add(option, text, thresholdForm);
    return null;
  }
  const { label, operator, value } = parsed;
  const metric = metricNamed(parsed.metric);
  if (metric === undefined) {
    const names = metrics.map(({ name }) => name);
    const near = nearest(parsed.metric, names);
    const meant = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '.';
    problems.refuse(option, text, `there is no metric ${parsed.metric}${meant} There are: ${metricWords}`);
    return null;
  }
  const limit = parseLimit(value, metric.unit);
  if ('expected' in limit) {
    problems.add(option, text, `${limit.expected} for ${metric.name}`);
    return null;
  }
  const missing = missingFor(metric, plan);
  if (missing !== null) problems.refuse(option, text, `${metric.name} is measured with ${missing} only`);
  checkContestants(text, label, plan, problems);
  return { text, strategy: label, metric: metric.name, operator, limit: limit.value, unit: metric.unit };
}

function missingFor({ name }: Metric, { trials, rateHz, extendEveryMs }: MeasuredPlan): string | null {
  if (name === 'trialsViolated' && !trials) return '--trials';
  if (name.startsWith('sendDelay.') && rateHz === null) return '--rate';
  return name.startsWith('extend.') && extendEveryMs === null ? '--auto-extend or --extend-every' : null;
}

/** One that is for nobody would never be crossed. */
function checkContestants(text: string, label: string | null, { strategies }: MeasuredPlan, problems: Problems): void {
  if (strategies.length === 0) return;
  const labels = strategies.map((one) => one.label);
  if (label !== null) {
    if (labels.includes(label)) return;
    const near = nearest(label, labels);
    const advice = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `there are ${labels.join(', ')}`;
    problems.refuse(option, text, `there is no contestant ${label}; ${advice}`);
  } else if (strategies.every(({ topology }) => topology.kind === 'none')) {
    problems.refuse(
      option,
      text,
      `the control ${labels[0]} is held to no threshold that does not name it: ${labels[0]}:${text}`,
    );
  }
}
