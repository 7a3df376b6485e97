/**
 * One contender: waits for its time, asks for the lock, works inside, gives it back, and records what happened. An
 * operation belongs to the sample when it was meant to start within the measured window, however it ends.
 */
import {
  rowFlags,
  type AcquireOutcome,
  type Arrivals,
  type Cancel,
  type Grant,
  type LockSession,
  type Plan,
  type Resource,
  type Visit,
  type Workload,
} from '../contract/index.js';
import { nowMs, nowNs } from '../base/clock.js';
import { sleep } from '../base/sleep.js';
import { ExclusionCells } from '../record/cell.js';
import type { Row } from '../record/chunks.js';
import { at } from '../record/counters.js';
import { recordNs } from '../record/histogram.js';
import type { HistoryWriter } from '../record/history-writer.js';
import type { WaitLog } from '../record/waits.js';
import { controlAt, liveAt, windowAt, type Control, type WorkerColumns } from '../record/shared.js';
import { extendWhileHeld } from './extending.js';
import { LeaseGuard } from './guard.js';

/** Longer than an answer takes from the design to the contender, in the fullest event loop. */
const handOverLimitMs = 100;

/** What a contender does its work on. */
export interface ResourceUse {
  /** The resource as the section of one grant sees it; `grant` counts the grants of this contender. */
  section(key: number, grant: number, fence: bigint | undefined): Resource;
}

/** What the contenders of one worker share. */
export interface Shop {
  readonly plan: Plan;
  readonly session: LockSession;
  readonly workload: Workload;
  /** One contender's way to what the lock protects. */
  readonly openResource: (contender: number) => ResourceUse;
  readonly cells: ExclusionCells;
  readonly columns: WorkerColumns;
  readonly control: Control;
  readonly waits: WaitLog;
  readonly writer: HistoryWriter;
  readonly errors: Record<string, number>;
  /** The first message of each kind of error: without it an author could not find it. */
  readonly errorSamples: Map<string, string>;
  readonly believed: number[];
  /** No new cycles; ends think times. */
  readonly ending: Cancel;
  /** Ends waits and sections too. */
  readonly cancel: Cancel;
}

export class Contender {
  /** Entry of the section that it is in; Infinity outside. The lowest of all is the merge watermark. */
  openNs = Infinity;
  readonly #resource: ResourceUse;
  readonly #visit: Visit;
  #grants = 0;
  readonly #row: Row = {
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

  constructor(
    private readonly shop: Shop,
    private readonly id: number,
    private readonly arrivals: Arrivals,
    /** In a closed loop an operation is meant to start when it starts: a late timer is no wait for the lock. */
    private readonly open: boolean,
    private readonly nextKey: () => number,
  ) {
    this.#row.contender = id;
    this.#resource = shop.openResource(id);
    this.#visit = { holdMs: shop.plan.holdMs, nowMs };
  }

  async run(): Promise<void> {
    const { shop } = this;
    let freeMs = nowMs();
    while (!shop.ending.cancelled) {
      const intendedMs = this.arrivals.nextMs(freeMs);
      const earlyMs = intendedMs - nowMs();
      if (earlyMs > 0) await sleep(earlyMs, shop.ending);
      shop.columns.live[liveAt.lastIntendedNs] = intendedMs * 1e6;
      if (shop.ending.cancelled) {
        if (this.open) this.#missed(intendedMs * 1e6);
        return;
      }
      await this.#cycle(this.open ? intendedMs * 1e6 : nowNs());
      freeMs = nowMs();
    }
  }

  async #cycle(intendedNs: number): Promise<void> {
    const { plan, session, columns, cancel } = this.shop;
    const key = this.nextKey();
    const startNs = nowNs();
    const measured = this.#inWindow(intendedNs);
    this.#count(at.attempts, measured);
    if (this.#inWindow(startNs)) columns.live[liveAt.startedInWindow] += 1;
    if (measured) columns.live[liveAt.pending] += 1;
    let outcome: AcquireOutcome;
    try {
      outcome = await session.acquire(plan.keyPrefix + key, { ttlMs: plan.ttlMs, waitMs: plan.waitMs, cancel });
    } catch (error) {
      this.#error(error, at.errors, measured);
      return;
    } finally {
      if (measured) columns.live[liveAt.pending] -= 1;
    }
    const endNs = nowNs();
    this.#count(at.tries, measured, outcome.tries);
    if (measured) {
      recordNs(columns.histograms.service, endNs - startNs);
      recordNs(columns.histograms.response, endNs - intendedNs);
      if (this.open) recordNs(columns.histograms.sendDelay, startNs - intendedNs);
    }
    if (measured || this.#waitedThrough(intendedNs, endNs)) recordNs(columns.histograms.wait, endNs - intendedNs);
    this.shop.waits.attempt(this.id, key, startNs, endNs, outcome.kind === 'granted');
    const row = this.#row;
    row.key = key;
    row.flags = measured ? rowFlags.measured : 0;
    row.sendDelayNs = startNs - intendedNs;
    row.acquireNs = endNs - startNs;
    if (outcome.kind === 'granted') {
      if (measured) recordNs(columns.histograms.acquire, outcome.roundMs * 1e6);
      await this.#hold(outcome.grant, key, endNs, measured, isLate(outcome, endNs / 1e6));
    } else this.#notGranted(outcome, endNs, measured);
  }

  #notGranted(outcome: Exclude<AcquireOutcome, { kind: 'granted' }>, endNs: number, measured: boolean): void {
    switch (outcome.kind) {
      case 'cancelled':
        this.#count(at.cancelled, measured);
        return;
      case 'refused':
        this.#count(
          outcome.why === 'busy' ? at.busy : outcome.why === 'too-late' ? at.tooLate : at.unreachable,
          measured,
        );
        return;
      case 'unknown': {
        this.#count(at.unknown, measured);
        this.#tally(outcome.failure.code);
        const row = this.#row;
        row.enterNs = row.leaveNs = row.validUntilNs = endNs;
        row.releaseNs = 0;
        row.flags |= rowFlags.unknown;
        this.shop.writer.add(row);
      }
    }
  }

  async #hold(grant: Grant, key: number, enterNs: number, measured: boolean, late: boolean): Promise<void> {
    const { plan, workload, cells, columns, believed, cancel } = this.shop;
    const { flags, sendDelayNs, acquireNs } = this.#row;
    this.openNs = enterNs;
    cells.enter(key, this.id, enterNs, grant.validUntilMs * 1e6);
    this.#granted(enterNs, measured);
    const stopExtending = plan.extendEveryMs === null ? null : this.#extend(grant, key, plan.extendEveryMs, measured);
    const guarded = plan.holder === 'guarded';
    const guard = new LeaseGuard(grant, guarded, cancel);
    try {
      const resource = this.#resource.section(key, this.#grants, grant.fence);
      this.#grants += 1;
      believed[key] += await workload.section(resource, guard, this.#visit);
    } catch (error) {
      this.#error(error, null, measured);
    }
    const extended = (await stopExtending?.()) ?? false;
    const nowAtLeaveNs = nowNs();
    guard.close();
    const validUntilNs = grant.validUntilMs * 1e6;
    cells.leave(key, this.id);
    const leaveNs = guarded ? Math.max(enterNs, Math.min(nowAtLeaveNs, guard.untilMs * 1e6)) : nowAtLeaveNs;
    const released = await this.#release(grant, measured);
    const releaseNs = nowNs() - nowAtLeaveNs;
    if (measured) recordNs(columns.histograms.release, releaseNs);
    const row = this.#row;
    Object.assign(row, { key, enterNs, leaveNs, validUntilNs, sendDelayNs, acquireNs, releaseNs });
    row.flags = flags | released | (late ? rowFlags.lateGrant : 0) | (extended ? rowFlags.extended : 0);
    this.shop.writer.add(row);
    this.openNs = Infinity;
  }

  #extend(grant: Grant, key: number, everyMs: number, measured: boolean): () => Promise<boolean> {
    const { session, plan, cells, columns } = this.shop;
    const onAnswer = (outcome: { readonly validUntilMs: number } | null, tookNs: number): void => {
      if (measured) recordNs(columns.histograms.extend, tookNs);
      this.#count(outcome === null ? at.extendFailed : at.extended, measured);
      if (outcome !== null) cells.extend(key, this.id, outcome.validUntilMs * 1e6);
    };
    return extendWhileHeld(session, grant, plan.ttlMs, everyMs, onAnswer, (error) =>
      this.#error(error, null, measured),
    );
  }

  async #release(grant: Grant, measured: boolean): Promise<number> {
    try {
      const outcome = await this.shop.session.release(grant);
      if (outcome.kind === 'released') {
        this.#count(at.released, measured);
        return 0;
      }
      this.#count(outcome.kind === 'lost' ? at.releaseLost : at.releaseUnknown, measured);
      if (outcome.kind === 'unknown') this.#tally(outcome.failure.code);
      else return rowFlags.releaseLost;
      return rowFlags.releaseUnknown;
    } catch (error) {
      this.#error(error, at.releaseErrors, measured);
      return rowFlags.releaseUnknown;
    }
  }

  #granted(enterNs: number, measured: boolean): void {
    const { plan, columns, control } = this.shop;
    this.#count(at.grants, measured);
    if (!this.#inWindow(enterNs)) return;
    columns.live[liveAt.grantsInWindow] += 1;
    columns.grantsOf[this.id % plan.contenders] += 1;
    if (plan.operations !== null && Atomics.sub(control.words, controlAt.grantsLeft, 1) === 1) {
      control.window[windowAt.closeNs] = enterNs;
    }
  }

  /** Arrivals that nobody was free to take before the end belong in the sample: their wait is known to be at least this long. */
  #missed(intendedNs: number): void {
    if (nowNs() > intendedNs && this.#inWindow(intendedNs)) recordMissed(this.shop.columns, intendedNs);
  }

  /** Began before the window and did not end within it: who starved all the time must not be missing from the waits. */
  #waitedThrough(intendedNs: number, endNs: number): boolean {
    const { window } = this.shop.control;
    return intendedNs < window[windowAt.openNs] && endNs >= window[windowAt.closeNs];
  }

  #inWindow(ns: number): boolean {
    const { window } = this.shop.control;
    return ns >= window[windowAt.openNs] && ns < window[windowAt.closeNs];
  }

  #count(counter: number, measured: boolean, by = 1): void {
    this.shop.columns.all[counter] += by;
    if (measured) this.shop.columns.measured[counter] += by;
  }

  #error(error: unknown, counter: number | null, measured: boolean): void {
    if (counter !== null) this.#count(counter, measured);
    const name = error instanceof Error ? error.name : 'Error';
    this.#tally(name);
    const { errorSamples } = this.shop;
    if (!errorSamples.has(name))
      errorSamples.set(
        name,
        `the strategy threw ${error instanceof Error ? `${name}: ${error.message}` : String(error)}`,
      );
  }

  #tally(code: string): void {
    this.shop.errors[code] = (this.shop.errors[code] ?? 0) + 1;
  }
}

/**
 * Validity was over when the design decided, by its own clock or, should that have stood still, by ours. What passes between
 * its decision and our next step is the program's own delay, and no fault of the lock.
 */
function isLate({ grant, decidedMs }: Extract<AcquireOutcome, { kind: 'granted' }>, enterMs: number): boolean {
  if (decidedMs === undefined || enterMs - decidedMs > handOverLimitMs) return grant.validUntilMs <= enterMs;
  return grant.validUntilMs <= decidedMs;
}

export function recordMissed(columns: WorkerColumns, intendedNs: number): void {
  for (const counters of [columns.all, columns.measured]) {
    counters[at.attempts] += 1;
    counters[at.cancelled] += 1;
  }
  const { wait, response, sendDelay } = columns.histograms;
  for (const histogram of [wait, response, sendDelay]) recordNs(histogram, nowNs() - intendedNs);
}
