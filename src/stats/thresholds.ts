/** Holds a result against the thresholds of its plan. Pure. A metric without a figure never passes. */
import type { Plan, RunResult, StrategyPlan, ThresholdPlan, ThresholdResult } from '../contract/index.js';
import { metricNamed } from './metrics.js';

/** The control is held to nothing that does not name it: without a lock no promise holds. */
export function thresholdsFor(
  { thresholds }: Pick<Plan, 'thresholds'>,
  { label, topology }: Pick<StrategyPlan, 'label' | 'topology'>,
): readonly ThresholdPlan[] {
  return thresholds.filter(({ strategy }) => (strategy === null ? topology.kind !== 'none' : strategy === label));
}

export function judgeThreshold(threshold: ThresholdPlan, run: RunResult): ThresholdResult {
  const { strategy: _, ...told } = threshold;
  const figure = metricNamed(threshold.metric)?.of(run) ?? 'there is no such metric';
  if (typeof figure === 'string') return { ...told, observed: null, ok: false, why: figure };
  return { ...told, observed: figure, ok: holds(threshold, figure), why: '' };
}

/** Rounds to come cannot make it good: what only grows is beyond its limit already. */
export function isBeyond({ metric, operator, limit }: ThresholdPlan, figure: number): boolean {
  if (metricNamed(metric)?.grows !== true) return false;
  if (operator === '<') return figure >= limit;
  return (operator === '<=' || operator === '==') && figure > limit;
}

/** The first that cannot be met any more by a contestant that has done `run` so far, `last` when no round of it is left. */
export function firstHopeless(
  thresholds: readonly ThresholdPlan[],
  run: RunResult,
  last: boolean,
): ThresholdResult | null {
  for (const threshold of thresholds) {
    const judged = judgeThreshold(threshold, run);
    if (judged.ok) continue;
    if (last || (judged.observed !== null && isBeyond(threshold, judged.observed))) return judged;
  }
  return null;
}

function holds({ operator, limit }: ThresholdPlan, figure: number): boolean {
  switch (operator) {
    case '<':
      return figure < limit;
    case '<=':
      return figure <= limit;
    case '>':
      return figure > limit;
    case '>=':
      return figure >= limit;
    case '==':
      return figure === limit;
    case '!=':
      return figure !== limit;
  }
}
