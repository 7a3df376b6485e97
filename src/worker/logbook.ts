/**
 * What is recorded of one contender: its counts, latencies, row and cell, step by step as its cycle goes on. An operation
 * belongs to the sample when it was meant to start within the measured window, however it ends.
 *
 * All of an operation costs less than half a microsecond (`npm run bench:micro`), mostly for four looks at the clock.
 */
import { rowFlags, type AcquireOutcome, type Grant } from '../contract/index.js';
import { nowNs } from '../base/clock.js';
import type { ExclusionCells } from '../record/cell.js';
import type { Row } from '../record/chunks.js';
import { at } from '../record/counters.js';
import { recordNs } from '../record/histogram.js';
import type { HistoryWriter } from '../record/history-writer.js';
import { liveAt, type WorkerColumns } from '../record/shared.js';
import type { WaitLog } from '../record/waits.js';
import type { ReleaseKind, Tally } from './tally.js';

/** Longer than an answer takes from the design to the contender, in the fullest event loop. */
const handOverLimitMs = 100;

/** What the contenders of one worker write into. */
export interface Books {
  readonly cells: ExclusionCells;
  readonly columns: WorkerColumns;
  readonly tally: Tally;
  readonly waits: WaitLog;
  readonly writer: HistoryWriter;
}

/** What it is at: what is not known yet when its process is killed. */
type Stage = 'outside' | 'asking' | 'inside' | 'releasing';

export class Logbook {
  /** Entry of the section that it is in; Infinity outside. */
  openNs = Infinity;
  /** When it became free. */
  freeNs = nowNs();
  /** Whether its operation belongs to the sample. */
  measured = false;
  /** Filled in as the cycle goes on. */
  readonly row: Row = {
    enterNs: 0,
    leaveNs: 0,
    validUntilNs: 0,
    sendDelayNs: 0,
    acquireNs: 0,
    releaseNs: 0,
    key: 0,
    contender: 0,
    flags: 0,
  };
  #stage: Stage = 'outside';
  #intendedNs = 0;
  #startNs = 0;
  #leftNs = 0;
  #grant: Grant | null = null;

  constructor(
    private readonly books: Books,
    private readonly id: number,
    private readonly open: boolean,
    private readonly guarded: boolean,
  ) {
    this.row.contender = id;
  }

  begins(key: number, intendedNs: number): void {
    const { tally, columns } = this.books;
    const { row, open } = this;
    const startNs = nowNs();
    this.#startNs = startNs;
    // In a closed loop an operation is meant to start when it starts: a late timer is no wait for the lock.
    this.#intendedNs = open ? intendedNs : startNs;
    const measured = (this.measured = tally.inWindow(this.#intendedNs));
    row.key = key;
    row.flags = measured ? rowFlags.measured : 0;
    row.sendDelayNs = startNs - this.#intendedNs;
    this.#stage = 'asking';
    tally.count(at.attempts, measured);
    if (tally.inWindow(startNs)) columns.live[liveAt.startedInWindow] += 1;
    if (measured) columns.live[liveAt.pending] += 1;
  }

  /** Tells when. A grant is inside from now on. */
  answered(outcome: AcquireOutcome): number {
    const { tally, columns } = this.books;
    const { row, measured } = this;
    const endNs = nowNs();
    if (measured) columns.live[liveAt.pending] -= 1;
    tally.count(at.tries, measured, outcome.tries);
    this.#asked(endNs, outcome.kind === 'granted');
    row.acquireNs = endNs - this.#startNs;
    if (outcome.kind === 'granted') {
      const { roundMs, queued } = outcome;
      if (measured && roundMs !== null && queued !== true) recordNs(columns.histograms.acquire, roundMs * 1e6);
      if (isLate(outcome, endNs / 1e6)) row.flags |= rowFlags.lateGrant;
      this.#enters(outcome.grant, endNs);
    } else {
      this.#notGranted(outcome, endNs);
      this.#stage = 'outside';
      this.freeNs = endNs;
    }
    return endNs;
  }

  /** The design threw instead of an answer. */
  threw(error: unknown): void {
    const { tally, columns } = this.books;
    const endNs = nowNs();
    if (this.measured) columns.live[liveAt.pending] -= 1;
    tally.error(error, at.errors, this.measured);
    // Whatever came of it, somebody waited for it.
    this.#asked(endNs, false);
    this.#stage = 'outside';
    this.freeNs = endNs;
  }

  /** Tells when. `untilMs`: how long a guarded holder was allowed to work. */
  leaves(grant: Grant, untilMs: number): number {
    const { row } = this;
    const leaveNs = nowNs();
    row.validUntilNs = grant.validUntilMs * 1e6;
    this.books.cells.leave(row.key, this.id);
    row.leaveNs = this.guarded ? Math.max(row.enterNs, Math.min(leaveNs, untilMs * 1e6)) : leaveNs;
    this.#leftNs = leaveNs;
    this.#stage = 'releasing';
    return leaveNs;
  }

  gaveBack(kind: ReleaseKind): void {
    const { columns, writer } = this.books;
    const { row } = this;
    if (kind !== 'released') row.flags |= kind === 'lost' ? rowFlags.releaseLost : rowFlags.releaseUnknown;
    this.freeNs = nowNs();
    row.releaseNs = this.freeNs - this.#leftNs;
    if (this.measured) recordNs(columns.histograms.release, row.releaseNs);
    // In one step: who is killed in between must not record it twice.
    this.#stage = 'outside';
    writer.add(row);
    this.openNs = Infinity;
  }

  /** This process is about to be killed: what cannot be known any more is recorded as that. */
  abandon(): void {
    const { tally, writer } = this.books;
    const { row } = this;
    const endNs = nowNs();
    switch (this.#stage) {
      case 'outside':
        return;
      case 'asking':
        row.acquireNs = endNs - this.#startNs;
        this.#asked(endNs, false);
        this.#unknown(endNs);
        return;
      case 'inside':
        row.validUntilNs = this.#grant!.validUntilMs * 1e6;
        row.leaveNs = Math.max(row.enterNs, this.guarded ? Math.min(endNs, row.validUntilNs) : endNs);
        row.releaseNs = 0;
        row.flags |= rowFlags.open;
        writer.add(row);
        return;
      case 'releasing':
        row.releaseNs = Math.max(0, endNs - row.leaveNs);
        row.flags |= rowFlags.releaseUnknown;
        tally.count(at.releaseUnknown, this.measured);
        writer.add(row);
    }
  }

  #asked(endNs: number, granted: boolean): void {
    const { tally, waits } = this.books;
    tally.asked(this.#intendedNs, this.#startNs, endNs, this.measured, this.open);
    waits.attempt(this.id, this.row.key, this.#startNs, endNs, granted);
  }

  #enters(grant: Grant, enterNs: number): void {
    const { cells, tally } = this.books;
    const { row } = this;
    row.enterNs = enterNs;
    this.#grant = grant;
    this.openNs = enterNs;
    this.#stage = 'inside';
    cells.enter(row.key, this.id, enterNs, grant.validUntilMs * 1e6);
    tally.granted(this.id, enterNs, this.measured);
  }

  #notGranted(outcome: Exclude<AcquireOutcome, { kind: 'granted' }>, endNs: number): void {
    const { tally } = this.books;
    if (outcome.kind === 'unknown') {
      tally.failed(outcome.failure.code);
      this.#unknown(endNs);
    } else tally.count(outcome.kind === 'cancelled' ? at.cancelled : refusals[outcome.why], this.measured);
  }

  #unknown(endNs: number): void {
    const { row } = this;
    this.books.tally.count(at.unknown, this.measured);
    row.enterNs = row.leaveNs = row.validUntilNs = endNs;
    row.releaseNs = 0;
    row.flags |= rowFlags.unknown;
    this.#stage = 'outside';
    this.books.writer.add(row);
  }
}

const refusals = { busy: at.busy, 'too-late': at.tooLate, unreachable: at.unreachable } as const;

/**
 * Validity was over when the design decided, by its own clock or, should that have stood still, by ours. What passes between
 * its decision and our next step is the program's own delay, and no fault of the lock.
 */
function isLate({ grant, decidedMs }: Extract<AcquireOutcome, { kind: 'granted' }>, enterMs: number): boolean {
  if (decidedMs === undefined || enterMs - decidedMs > handOverLimitMs) return grant.validUntilMs <= enterMs;
  return grant.validUntilMs <= decidedMs;
}
