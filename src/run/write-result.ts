/** The files of a run that hold what came of it, beside the history that each round has written itself. */
import { latencyNames, type Result } from '../contract/index.js';
import { encodeHistogram } from '../record/histogram.js';
import type { RunStore } from '../record/store.js';
import type { JudgedRound } from './summarise.js';

export function writeResult(store: RunStore, result: Result, rounds: readonly JudgedRound[]): void {
  store.writeJson('environment.json', result.environment);
  store.writeJson(
    'histograms.json',
    rounds.map(({ round, histograms }) => ({
      strategy: round.strategy,
      round: round.round,
      unit: 'ns',
      histograms: Object.fromEntries(latencyNames.map((name) => [name, encodeHistogram(histograms[name])])),
    })),
  );
  store.writeJson(
    'series.json',
    rounds.map(({ round }) => ({ strategy: round.strategy, round: round.round, series: round.series })),
  );
  store.writeJson(
    'faults.json',
    rounds.map(({ round }) => ({ strategy: round.strategy, round: round.round, faults: round.history.faults })),
  );
  store.writeJson(
    'verdicts.json',
    rounds.map(({ round, verdicts }) => ({ strategy: round.strategy, round: round.round, verdicts })),
  );
  store.writeJson('summary.json', { ...result, folder: store.where });
}
