/** What a run must keep to: written by the person, read and checked before anything starts, judged when it has ended. */

export const thresholdOperators = ['<', '<=', '>', '>=', '==', '!='] as const;
export type ThresholdOperator = (typeof thresholdOperators)[number];

/** us: a time. hz: per second. count: whole, of things that happened. ratio: from 0 to 1. number: has no unit. */
export type MetricUnit = 'us' | 'hz' | 'count' | 'ratio' | 'number';

/** `[LABEL:]METRIC OPERATOR VALUE`, such as `redlock:acquire.p99<5ms`, read and checked. */
export interface ThresholdPlan {
  /** As it was written. */
  readonly text: string;
  /** Label of the only contestant that it is for; null: for all but the control. */
  readonly strategy: string | null;
  readonly metric: string;
  readonly operator: ThresholdOperator;
  /** In `unit`. */
  readonly limit: number;
  readonly unit: MetricUnit;
}

/** What came of a threshold for one contestant. */
export interface ThresholdResult extends Omit<ThresholdPlan, 'strategy'> {
  /** In `unit`; null where there is no figure, and then it is not met. */
  readonly observed: number | null;
  readonly ok: boolean;
  /** In words, what was seen or why there is no figure. */
  readonly why: string;
}
