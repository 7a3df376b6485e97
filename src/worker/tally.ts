/** The counting of one worker: what its contenders met, each operation in the sample or beside it. */
import type { Plan, ReleaseOutcome } from '../contract/index.js';
import { nowNs } from '../base/clock.js';
import { at } from '../record/counters.js';
import { recordNs } from '../record/histogram.js';
import { controlAt, liveAt, windowAt, type Control, type WorkerColumns } from '../record/shared.js';

/** How a release ended; 'error': the design threw. */
export type ReleaseKind = ReleaseOutcome['kind'] | 'error';

export class Tally {
  readonly errors: Record<string, number> = {};
  /** The first message of each kind of error: without it an author could not find it. */
  readonly errorSamples = new Map<string, string>();

  constructor(
    private readonly plan: Pick<Plan, 'contenders' | 'operations'>,
    private readonly columns: WorkerColumns,
    private readonly control: Control,
  ) {}

  inWindow(ns: number): boolean {
    const { window } = this.control;
    return ns >= window[windowAt.openNs] && ns < window[windowAt.closeNs];
  }

  /** Began before the window and did not end within it: who starved all the time must not be missing from the waits. */
  waitedThrough(intendedNs: number, endNs: number): boolean {
    const { window } = this.control;
    return intendedNs < window[windowAt.openNs] && endNs >= window[windowAt.closeNs];
  }

  count(counter: number, measured: boolean, by = 1): void {
    this.columns.all[counter] += by;
    if (measured) this.columns.measured[counter] += by;
  }

  /** An acquire has ended, however it did. */
  asked(intendedNs: number, startNs: number, endNs: number, measured: boolean, open: boolean): void {
    const { histograms } = this.columns;
    if (measured) {
      recordNs(histograms.service, endNs - startNs);
      recordNs(histograms.response, endNs - intendedNs);
      if (open) recordNs(histograms.sendDelay, startNs - intendedNs);
    }
    if (measured || this.waitedThrough(intendedNs, endNs)) recordNs(histograms.wait, endNs - intendedNs);
  }

  granted(contender: number, enterNs: number, measured: boolean): void {
    const { plan, columns, control } = this;
    this.count(at.grants, measured);
    if (!this.inWindow(enterNs)) return;
    columns.live[liveAt.grantsInWindow] += 1;
    columns.grantsOf[contender % plan.contenders] += 1;
    if (plan.operations !== null && Atomics.sub(control.words, controlAt.grantsLeft, 1) === 1) {
      control.window[windowAt.closeNs] = enterNs;
    }
  }

  released(outcome: ReleaseOutcome, measured: boolean): ReleaseOutcome['kind'] {
    const { kind } = outcome;
    if (kind === 'unknown') this.failed(outcome.failure.code);
    this.count(kind === 'released' ? at.released : kind === 'lost' ? at.releaseLost : at.releaseUnknown, measured);
    return kind;
  }

  /** Arrivals that nobody was free to take before the end belong in the sample: their wait is known to be at least this long. */
  missed(intendedNs: number): void {
    for (const counters of [this.columns.all, this.columns.measured]) {
      counters[at.attempts] += 1;
      counters[at.cancelled] += 1;
    }
    const { wait, response, sendDelay } = this.columns.histograms;
    for (const histogram of [wait, response, sendDelay]) recordNs(histogram, nowNs() - intendedNs);
  }

  error(error: unknown, counter: number | null, measured: boolean): void {
    if (counter !== null) this.count(counter, measured);
    const name = error instanceof Error ? error.name : 'Error';
    this.failed(name);
    if (this.errorSamples.has(name)) return;
    const words = error instanceof Error ? `${name}: ${error.message}` : String(error);
    this.errorSamples.set(name, `the strategy threw ${words}`);
  }

  /** Calls of contenders that the design has not answered so long after the end. */
  hung(contenders: number, afterMs: number): void {
    for (let i = 0; i < contenders; i += 1) this.failed('HUNG');
    const whose = contenders === 1 ? 'a contender of a worker' : `${contenders} contenders of a worker`;
    this.errorSamples.set(
      'HUNG',
      `${whose} hung: a call of the strategy had not settled ${afterMs / 1000} s after the end`,
    );
  }

  failed(code: string): void {
    this.errors[code] = (this.errors[code] ?? 0) + 1;
  }
}
