/** The violations of each interval, from the rows: while the run goes on only the cell is seen, which remembers one holder. Pure. */
import type { History, SeriesPoint } from '../contract/index.js';
import { brokenLeases, findOverlaps } from '../check/overlaps.js';

export function withViolations(series: readonly SeriesPoint[], { rows, windowNs }: History): readonly SeriesPoint[] {
  const overlaps = findOverlaps(rows);
  const entries = [
    ...[...brokenLeases(overlaps).values()].map(([first]) => first),
    ...overlaps.overstays.map(({ entering }) => entering),
  ];
  const atMs = entries.map((row) => (rows.enterNs[row] - windowNs[0]) / 1e6).sort((a, b) => a - b);
  let next = atMs.findIndex((ms) => ms >= 0);
  return series.map((point) => {
    let violations = 0;
    const violationMs = next >= 0 && atMs[next] < point.tMs ? atMs[next] : null;
    while (next >= 0 && next < atMs.length && atMs[next] < point.tMs) [next, violations] = [next + 1, violations + 1];
    return { ...point, violations, violationMs };
  });
}
