/** The violations of each interval, from the rows: while the run goes on only the cell is seen, which remembers one holder. Pure. */
import type { History, SeriesPoint } from '../contract/index.js';
import { findOverlaps } from '../check/overlaps.js';

export function withViolations(series: readonly SeriesPoint[], { rows, windowNs }: History): readonly SeriesPoint[] {
  const { doubleGrants, overstays } = findOverlaps(rows);
  const atMs = [...doubleGrants, ...overstays].map(({ entering }) => (rows.enterNs[entering] - windowNs[0]) / 1e6);
  let fromMs = 0;
  return series.map((point) => {
    const violations = atMs.filter((ms) => ms >= fromMs && ms < point.tMs).length;
    fromMs = point.tMs;
    return { ...point, violations };
  });
}
