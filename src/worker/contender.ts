/**
 * One contender: waits for its time, asks for the lock, works inside as its holder kind does, gives it back, and records
 * what happened. An operation belongs to the sample when it was meant to start within the measured window, however it ends.
 */
import { rowFlags, type AcquireOutcome, type Arrivals, type Grant, type Visit } from '../contract/index.js';
import { nowMs, nowNs } from '../base/clock.js';
import { sleep } from '../base/sleep.js';
import type { Row } from '../record/chunks.js';
import { at } from '../record/counters.js';
import { recordNs } from '../record/histogram.js';
import { liveAt } from '../record/shared.js';
import { LeaseGuard } from './guard.js';
import { giveBack, keepExtending, type Holding } from './lease-calls.js';
import type { ResourceUse } from './resource-use.js';
import type { Shop } from './shop.js';

/** Longer than an answer takes from the design to the contender, in the fullest event loop. */
const handOverLimitMs = 100;

/** What it is at: what is not known yet when its process is killed. */
type Stage = 'outside' | 'asking' | 'inside' | 'releasing';

export class Contender {
  /** Entry of the section that it is in; Infinity outside. The lowest of all is the merge watermark. */
  openNs = Infinity;
  #stage: Stage = 'outside';
  readonly #resource: ResourceUse;
  readonly #visit: Visit;
  #grants = 0;
  #startNs = 0;
  #grant: Grant | null = null;
  /** Filled in as the cycle goes on. */
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
    this.#resource = shop.resource.use(id);
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

  /** This process is about to be killed: what cannot be known any more is recorded as that. */
  abandon(): void {
    const { tally, writer, plan } = this.shop;
    const guarded = plan.holder === 'guarded';
    const row = this.#row;
    const measured = (row.flags & rowFlags.measured) !== 0;
    const endNs = nowNs();
    switch (this.#stage) {
      case 'outside':
        return;
      case 'asking':
        row.acquireNs = endNs - this.#startNs;
        this.#asked(this.#startNs - row.sendDelayNs, endNs, measured, false);
        this.#unknown(endNs, measured);
        return;
      case 'inside':
        row.validUntilNs = this.#grant!.validUntilMs * 1e6;
        row.leaveNs = Math.max(row.enterNs, guarded ? Math.min(endNs, row.validUntilNs) : endNs);
        row.releaseNs = 0;
        row.flags |= rowFlags.open;
        writer.add(row);
        return;
      case 'releasing':
        row.releaseNs = Math.max(0, endNs - row.leaveNs);
        row.flags |= rowFlags.releaseUnknown;
        tally.count(at.releaseUnknown, measured);
        writer.add(row);
    }
  }

  async #cycle(intendedNs: number): Promise<void> {
    const { tally, columns, triggers } = this.shop;
    const key = this.nextKey();
    const startNs = nowNs();
    const measured = tally.inWindow(intendedNs);
    const row = this.#row;
    row.key = key;
    row.flags = measured ? rowFlags.measured : 0;
    row.sendDelayNs = startNs - intendedNs;
    this.#startNs = startNs;
    this.#stage = 'asking';
    tally.count(at.attempts, measured);
    if (tally.inWindow(startNs)) columns.live[liveAt.startedInWindow] += 1;
    if (measured) columns.live[liveAt.pending] += 1;
    let outcome: AcquireOutcome;
    try {
      outcome = await this.#acquire(key);
    } catch (error) {
      tally.error(error, at.errors, measured);
      // Whatever came of it, somebody waited for it.
      this.#asked(intendedNs, nowNs(), measured, false);
      if (triggers.active) triggers.ended('acquire', this.id, 'error');
      this.#stage = 'outside';
      return;
    } finally {
      if (measured) columns.live[liveAt.pending] -= 1;
    }
    const endNs = nowNs();
    if (triggers.active) triggers.ended('acquire', this.id, outcome.kind === 'refused' ? outcome.why : outcome.kind);
    tally.count(at.tries, measured, outcome.tries);
    this.#asked(intendedNs, endNs, measured, outcome.kind === 'granted');
    row.acquireNs = endNs - startNs;
    if (outcome.kind === 'granted') {
      const { roundMs, queued } = outcome;
      if (measured && roundMs !== null && queued !== true) recordNs(columns.histograms.acquire, roundMs * 1e6);
      if (isLate(outcome, endNs / 1e6)) row.flags |= rowFlags.lateGrant;
      await this.#hold(outcome.grant, key, endNs, measured);
    } else this.#notGranted(outcome, endNs, measured);
    this.#stage = 'outside';
  }

  #acquire(key: number): Promise<AcquireOutcome> {
    const { plan, session, cancel, triggers } = this.shop;
    const { ttlMs, waitMs } = plan;
    const outcome = session.acquire(plan.keyPrefix + key, { ttlMs, waitMs, cancel });
    if (triggers.active) triggers.sent('acquire-sent', { contender: this.id, key, grant: null });
    return outcome;
  }

  #asked(intendedNs: number, endNs: number, measured: boolean, granted: boolean): void {
    this.shop.tally.asked(intendedNs, this.#startNs, endNs, measured, this.open);
    this.shop.waits.attempt(this.id, this.#row.key, this.#startNs, endNs, granted);
  }

  #notGranted(outcome: Exclude<AcquireOutcome, { kind: 'granted' }>, endNs: number, measured: boolean): void {
    const { tally } = this.shop;
    switch (outcome.kind) {
      case 'cancelled':
        tally.count(at.cancelled, measured);
        return;
      case 'refused':
        tally.count(
          outcome.why === 'busy' ? at.busy : outcome.why === 'too-late' ? at.tooLate : at.unreachable,
          measured,
        );
        return;
      case 'unknown':
        tally.failed(outcome.failure.code);
        this.#unknown(endNs, measured);
    }
  }

  #unknown(endNs: number, measured: boolean): void {
    const row = this.#row;
    this.shop.tally.count(at.unknown, measured);
    row.enterNs = row.leaveNs = row.validUntilNs = endNs;
    row.releaseNs = 0;
    row.flags |= rowFlags.unknown;
    this.#stage = 'outside';
    this.shop.writer.add(row);
  }

  async #hold(grant: Grant, key: number, enterNs: number, measured: boolean): Promise<void> {
    const { plan, workload, cells, columns, tally, triggers, recorder, believed, cancel } = this.shop;
    const row = this.#row;
    const holding: Holding = { contender: this.id, key, grant, measured, row };
    row.enterNs = enterNs;
    this.#grant = grant;
    this.openNs = enterNs;
    this.#stage = 'inside';
    cells.enter(key, this.id, enterNs, grant.validUntilMs * 1e6);
    tally.granted(this.id, enterNs, measured);
    if (recorder !== null) recorder.step(enterNs, String(key), grant.token, 'granted');
    const stopExtending = plan.extendEveryMs === null ? null : keepExtending(this.shop, holding, plan.extendEveryMs);
    const guarded = plan.holder === 'guarded';
    const guard = new LeaseGuard(grant, guarded, plan.extendEveryMs !== null, cancel);
    const struck = triggers.active ? triggers.granted(holding, guard) : null;
    if (struck !== null) await struck;
    try {
      const resource = this.#resource.section(key, this.#grants, grant.fence);
      this.#grants += 1;
      const watched = triggers.active ? triggers.watch(resource, holding) : resource;
      const made = await workload.section(watched, guard, this.#visit);
      believed[key] += made;
    } catch (error) {
      tally.error(error, null, measured);
    }
    const extended = (await stopExtending?.()) ?? false;
    if (extended) row.flags |= rowFlags.extended;
    const nowAtLeaveNs = nowNs();
    guard.close();
    if (guard.lostMs !== Infinity) row.flags |= rowFlags.lossTold;
    row.validUntilNs = grant.validUntilMs * 1e6;
    cells.leave(key, this.id);
    row.leaveNs = guarded ? Math.max(enterNs, Math.min(nowAtLeaveNs, guard.untilMs * 1e6)) : nowAtLeaveNs;
    this.#stage = 'releasing';
    if (recorder !== null) recorder.step(nowAtLeaveNs, String(key), grant.token, 'leaves');
    const released = await giveBack(this.shop, holding);
    row.flags |= released;
    row.releaseNs = nowNs() - nowAtLeaveNs;
    if (measured) recordNs(columns.histograms.release, row.releaseNs);
    // In one step: who is killed in between must not record it twice.
    this.#stage = 'outside';
    this.shop.writer.add(row);
    this.openNs = Infinity;
  }

  #missed(intendedNs: number): void {
    const { tally } = this.shop;
    if (nowNs() > intendedNs && tally.inWindow(intendedNs)) tally.missed(intendedNs);
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
