/** The violations of each interval, from the rows: while the run goes on only the cell is seen, which remembers one holder. Pure. */
import type { GrantRows, SeriesPoint } from '../contract/index.js';
import { OverlapSweep } from '../check/overlaps.js';

/** Rows in the order of entry. */
export class ViolationSeries {
  readonly #sweep: OverlapSweep;
  readonly #points: SeriesPoint[];
  #at = 0;

  constructor(keys: number, series: readonly SeriesPoint[], openNs: number) {
    this.#points = series.map((point) => ({ ...point, violations: 0, violationMs: null }));
    this.#sweep = new OverlapSweep(keys, (atNs) => this.#found((atNs - openNs) / 1e6));
  }

  rows(block: GrantRows): void {
    this.#sweep.rows(block);
  }

  result(): readonly SeriesPoint[] {
    return this.#points;
  }

  #found(ms: number): void {
    if (ms < 0) return;
    while (this.#at < this.#points.length && ms >= this.#points[this.#at].tMs) this.#at += 1;
    const point = this.#points.at(this.#at);
    if (point === undefined) return;
    const violationMs = point.violationMs ?? ms;
    this.#points[this.#at] = { ...point, violations: point.violations + 1, violationMs };
  }
}
