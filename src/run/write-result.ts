/** The files of a run that hold what came of it, beside the history that each round has written itself. */
import { latencyNames, type Result, type StoredHistograms } from '../contract/index.js';
import { encodeHistogram } from '../record/hdr.js';
import type { RunStore } from '../record/store.js';
import type { JudgedRound } from './summarise.js';

export function writeResult(store: RunStore, result: Result, rounds: readonly JudgedRound[]): void {
  store.writeJson('environment.json', result.environment);
  store.writeJson('histograms.json', storedHistograms(rounds));
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

function storedHistograms(rounds: readonly JudgedRound[]): StoredHistograms[] {
  const firstNs = Math.min(...rounds.map(({ round }) => round.history.windowNs[0]));
  return rounds.map(({ round, histograms }) => {
    const [openNs, closeNs] = round.history.windowNs;
    return {
      strategy: round.strategy,
      round: round.round,
      unit: 'ns',
      startMs: (openNs - firstNs) / 1e6,
      durationMs: (closeNs - openNs) / 1e6,
      histograms: Object.fromEntries(
        latencyNames.map((name) => [name, encodeHistogram(histograms[name])]),
      ) as StoredHistograms['histograms'],
    };
  });
}
