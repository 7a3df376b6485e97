/** What came of the thresholds, each with what was seen, in words. */
import type { Result, ThresholdResult } from '../contract/index.js';
import { formatFigure } from '../base/units.js';
import type { Fact } from './facts.js';

export function thresholdFacts({ runs }: Result): readonly Fact[] {
  return runs.flatMap(({ strategy, thresholds }) =>
    thresholds.map((threshold) => ({
      labels: [strategy],
      text: `${threshold.ok ? '✓' : '✗'} ${threshold.text}: ${thresholdWords(threshold)}`,
    })),
  );
}

/** `631us`, `631us, crossed`, or `crossed, for no extend was recorded`. */
export function thresholdWords({ observed, unit, ok, why }: ThresholdResult): string {
  if (observed === null) return `crossed, for ${why}`;
  return `${formatFigure(observed, unit)}${ok ? '' : ', crossed'}`;
}
