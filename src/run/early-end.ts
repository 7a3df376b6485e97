/**
 * With --abort-on-fail: when a run has nothing left to win, and why. After each round by the result so far; within one by the
 * double grants that the cell has counted, for those are never taken back. Where workers share no memory there is no cell.
 */
import type { Plan, RunResult, StrategyPlan, ThresholdResult } from '../contract/index.js';
import { formatFigure } from '../base/units.js';
import { firstHopeless, isBeyond, thresholdsFor } from '../stats/thresholds.js';
import type { JudgedRound } from './summarise.js';

/** Of the rounds that were not run. */
const namesTold = 5;
const witness = 'mutual-exclusion-cell';

export class EarlyEnd {
  /** Why the run ends before its time; null while it does not. */
  reason: string | null = null;
  #cut = false;

  constructor(private readonly plan: Plan) {}

  /** For `RoundSpec.hopeless`, with what the contestant's rounds before have shown. */
  watch(strategy: StrategyPlan, before: readonly JudgedRound[]): (doubleGrants: number) => boolean {
    if (!this.plan.abortOnFail) return () => false;
    const own = thresholdsFor(this.plan, strategy).filter(({ metric }) => metric === 'violations');
    const earlier = before
      .flatMap(({ verdicts }) => verdicts)
      .reduce((sum, { check, violations }) => sum + (check === witness ? violations : 0), 0);
    return (doubleGrants) => {
      this.#cut ||= own.some((threshold) => isBeyond(threshold, earlier + doubleGrants));
      return this.#cut;
    };
  }

  /** After each round; `left` are the rounds that the plan still holds, as [label, round]. */
  consider(strategy: StrategyPlan, sofar: RunResult, left: readonly (readonly [label: string, round: number])[]): void {
    const last = !left.some(([label]) => label === strategy.label);
    const hopeless = firstHopeless(thresholdsFor(this.plan, strategy), sofar, last);
    if (hopeless === null || (left.length === 0 && !this.#cut)) return;
    this.reason = `the run ended early: ${reasonText(strategy.label, hopeless)}${leftText(left, this.plan.repeat)}`;
  }
}

function reasonText(label: string, { text, observed, unit, why }: ThresholdResult): string {
  const seen = observed === null ? why : `${formatFigure(observed, unit)} so far`;
  return `${label} cannot meet ${text} any more (${seen})`;
}

function leftText(left: readonly (readonly [label: string, round: number])[], repeat: number): string {
  if (left.length === 0) return '';
  const names = left.map(([label, round]) => (repeat > 1 ? `${label} round ${round}` : label));
  const shown = names.slice(0, namesTold);
  const more = names.length - shown.length;
  return `; not run: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
