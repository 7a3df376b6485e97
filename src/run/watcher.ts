/** Looks at the shared memory while the workers run: ticks for the eye, and the interval series for the record. */
import type { Plan, SeriesPoint } from '../contract/index.js';
import { nowNs } from '../base/clock.js';
import { addHistogram, emptyHistogram, quantileNs, subtractHistogram } from '../record/histogram.js';
import {
  controlAt,
  controlOf,
  liveAt,
  windowAt,
  workerColumns,
  type SharedBuffers,
  type WorkerColumns,
} from '../record/shared.js';
import type { Observer } from './observer.js';

/** A p99 needs a thousand samples to have ten above it, a median twenty. */
const p99Least = 1000;
const p50Least = 20;
const maxPoints = 120;
const leastIntervalMs = 250;

interface Mark {
  readonly atNs: number;
  readonly grants: number;
  readonly violations: number;
  readonly response: Float64Array;
}

export class Watcher {
  readonly series: SeriesPoint[] = [];
  readonly #workers: readonly WorkerColumns[];
  readonly #control;
  readonly #intervalMs: number;
  #warming = false;
  #last: Mark | null = null;
  #shown: Mark | null = null;

  constructor(
    buffers: SharedBuffers,
    private readonly label: string,
    private readonly limits: Pick<Plan, 'durationMs' | 'operations' | 'faults'>,
    private readonly observer: Observer,
  ) {
    this.#workers = buffers.workers.map(workerColumns);
    this.#control = controlOf(buffers);
    this.#intervalMs = Math.max(
      leastIntervalMs,
      limits.durationMs / maxPoints,
      limits.durationMs >= 5000 && limits.faults.length === 0 ? 1000 : 0,
    );
  }

  get violations(): number {
    return this.#control.words[controlAt.doubleGrants] + this.#control.words[controlAt.overstays];
  }

  get doubleGrants(): number {
    return this.#control.words[controlAt.doubleGrants];
  }

  /** Called every so often, and once at the end. */
  look(): void {
    const openNs = this.#control.window[windowAt.openNs];
    const now = nowNs();
    // The rest is for the end: the last figures of processes are still under way.
    if (now >= this.#control.window[windowAt.closeNs]) return;
    if (now < openNs) {
      if (!this.#warming) this.observer.phase(`${this.label}: warming up`);
      this.#warming = true;
      return;
    }
    this.#last ??= { atNs: openNs, grants: 0, violations: this.violations, response: emptyHistogram() };
    this.#shown ??= this.#last;
    const tickDue = (now - this.#shown.atNs) / 1e6 >= leastIntervalMs;
    const pointDue = (now - this.#last.atNs) / 1e6 >= this.#intervalMs;
    if (!tickDue && !pointDue) return;
    const mark = this.#mark(now);
    if (tickDue) {
      this.#tell(mark, openNs);
      this.#shown = mark;
    }
    if (pointDue) this.#point(mark, openNs);
  }

  /** The last interval, shorter than the others, and told even when nothing was granted in it. */
  end(): void {
    const mark = this.#mark(Math.min(nowNs(), this.#control.window[windowAt.closeNs]));
    if (this.#last !== null && mark.atNs > this.#last.atNs) this.#point(mark, this.#control.window[windowAt.openNs]);
  }

  #mark(atNs: number): Mark {
    const response = emptyHistogram();
    let grants = 0;
    for (const worker of this.#workers) {
      addHistogram(response, worker.histograms.response);
      grants += worker.live[liveAt.grantsInWindow];
    }
    return { atNs, grants, violations: this.violations, response };
  }

  #tell(mark: Mark, openNs: number): void {
    const shown = this.#shown!;
    const { p99Us } = quantiles(mark.response, null);
    const { durationMs, operations } = this.limits;
    this.observer.tick({
      label: this.label,
      elapsedMs: (mark.atNs - openNs) / 1e6,
      totalMs: operations === null ? durationMs : null,
      ...(operations === null ? {} : { done: Math.min(mark.grants, operations), total: operations }),
      grants: mark.grants,
      rateHz: ((mark.grants - shown.grants) * 1e9) / (mark.atNs - shown.atNs),
      p99Us,
      violations: mark.violations,
    });
  }

  #point(mark: Mark, openNs: number): void {
    const last = this.#last!;
    this.series.push({
      tMs: Math.round((mark.atNs - openNs) / 1e6),
      grants: mark.grants - last.grants,
      ...quantiles(mark.response, last.response),
      violations: mark.violations - last.violations,
      violationMs: null,
    });
    this.#last = mark;
  }
}

/** Of what was recorded since `before`; since the opening when that is null. */
function quantiles(now: Float64Array, before: Float64Array | null): { p50Us: number | null; p99Us: number | null } {
  const interval = before === null ? now : subtractHistogram(now, before);
  const count = sampleCount(interval);
  const us = (ratio: number, least: number): number | null => {
    const ns = count >= least ? quantileNs(interval, ratio) : null;
    return ns === null ? null : ns / 1000;
  };
  return { p50Us: us(0.5, p50Least), p99Us: us(0.99, p99Least) };
}

function sampleCount(counts: Float64Array): number {
  let total = 0;
  for (let i = 0; i < counts.length - 2; i += 1) total += counts[i];
  return total;
}
