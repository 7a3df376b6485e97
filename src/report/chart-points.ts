/**
 * The JSON that github-action-benchmark takes from any tool: an array of { name, unit, value, range, extra }. One entry for each
 * contestant and figure; a figure that is not there has none, for a chart would draw it as 0. The control is left out.
 */
import type { RepeatResult, Result, RunResult } from '../contract/index.js';
import { libraryOf } from './library.js';
import { isControl } from './verdicts.js';

export interface Chart {
  readonly name: string;
  readonly unit: string;
  of(run: RunResult): number | null;
  round?(one: RepeatResult): number | null;
}

export function chartPoints({ runs, seed }: Result, charts: readonly Chart[]): string {
  const points = runs
    .filter((run) => !isControl(run))
    .flatMap((run) =>
      charts.flatMap((chart) => {
        const value = chart.of(run);
        if (value === null) return [];
        const range = rangeOf(run, chart);
        return [
          {
            name: `${run.strategy}: ${chart.name}`,
            unit: chart.unit,
            value,
            ...(range === null ? {} : { range }),
            extra: `${run.grants} grants on ${run.nodes} nodes, ${libraryOf(run)}, seed ${seed}`,
          },
        ];
      }),
    );
  return `${JSON.stringify(points, null, 2)}\n`;
}

/** What the rounds lay between. */
function rangeOf({ repeats }: RunResult, { round }: Chart): string | null {
  const values = round === undefined ? [] : repeats.flatMap((one) => round(one) ?? []);
  return values.length < 2 ? null : `${Math.min(...values)}..${Math.max(...values)}`;
}
