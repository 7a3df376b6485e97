/**
 * The contenders of one side, for one slice: each asks, holds, gives back and comes again, until the clock says that the slice
 * is over. Nothing of them is left when it has settled: no timer, no command under way.
 */
import type { AcquireOutcome, Cancel, Grant, LockSession } from '../contract/index.js';
import { CancelSource } from '../base/cancel.js';
import { after, nowMs, nowNs, yieldTurn } from '../base/clock.js';
import { sleep, sleepAbout } from '../base/sleep.js';
import type { Meter } from '../clients/meter.js';
import { emptyHistogram, quantileNs, recordNs } from '../record/histogram.js';
import type { SideSpec, SliceFigures, SliceOrder } from './protocol.js';

/** How long stragglers are waited for after a slice. */
const settleMs = 2000;

export type LoopFigures = Omit<SliceFigures, 'loopDelayMs' | 'queuedMs'>;

export interface LoopParts {
  readonly session: LockSession;
  readonly meter: Meter;
  readonly spec: SideSpec;
  /** For each contender. */
  readonly nextKey: readonly (() => number)[];
}

export class ClosedLoop {
  readonly cycleNs = emptyHistogram();
  readonly acquireNs = emptyHistogram();
  readonly #errors: Record<string, number> = {};
  readonly #inside = new Map<number, Grant>();
  readonly #ending = new CancelSource();
  #openNs = 0;
  #closeNs = 0;
  #cycles = 0;
  #grants = 0;
  #refused = 0;
  #violations = 0;

  constructor(private readonly parts: LoopParts) {}

  async run({ sliceMs, discardMs }: SliceOrder): Promise<LoopFigures> {
    const { meter, spec } = this.parts;
    const before = { ...meter };
    const startNs = nowNs();
    this.#openNs = startNs + discardMs * 1e6;
    this.#closeNs = startNs + sliceMs * 1e6;
    const stopTimer = after(sliceMs, () => this.#ending.cancel());
    await Promise.all(Array.from({ length: spec.contenders }, (_, id) => this.#contend(id)));
    stopTimer();
    const unsettled = await settle(this.parts.session);
    return {
      cycles: this.#cycles,
      windowMs: sliceMs - discardMs,
      cycleP50Us: medianUs(this.cycleNs),
      acquireP50Us: medianUs(this.acquireNs),
      grants: this.#grants,
      refused: this.#refused,
      errors: this.#errors,
      commands: meter.commands - before.commands,
      roundTrips: meter.roundTrips - before.roundTrips,
      violations: this.#violations,
      unsettled,
    };
  }

  async #contend(id: number): Promise<void> {
    const { spec, nextKey } = this.parts;
    while (nowNs() < this.#closeNs) {
      const cycled = await this.#cycle(nextKey[id]());
      // A design that refuses at once must not keep the answers from being read.
      if (!cycled) await yieldTurn();
      if (spec.thinkMs > 0) await sleepAbout(spec.thinkMs, this.#ending);
    }
  }

  async #cycle(key: number): Promise<boolean> {
    const { session, spec } = this.parts;
    const startNs = nowNs();
    const outcome = await this.#acquire(session, spec, key);
    if (outcome?.kind !== 'granted') return false;
    const grantedNs = nowNs();
    this.#grants += 1;
    await this.#section(key, outcome.grant, this.#ending);
    const leaveNs = nowNs();
    await this.#release(session, outcome.grant);
    const endNs = nowNs();
    if (endNs < this.#openNs || endNs >= this.#closeNs) return true;
    this.#cycles += 1;
    recordNs(this.cycleNs, grantedNs - startNs + (endNs - leaveNs));
    const { roundMs, queued } = outcome;
    if (roundMs !== null && queued !== true) recordNs(this.acquireNs, roundMs * 1e6);
    return true;
  }

  async #acquire(
    session: LockSession,
    { keyPrefix, ttlMs, waitMs }: SideSpec,
    key: number,
  ): Promise<AcquireOutcome | null> {
    try {
      const outcome = await session.acquire(keyPrefix + key, { ttlMs, waitMs, cancel: this.#ending });
      if (outcome.kind === 'unknown') this.#failed(outcome.failure.code);
      else if (outcome.kind === 'refused' && outcome.why !== 'busy') this.#failed(outcome.why);
      else if (outcome.kind !== 'granted') this.#refused += 1;
      return outcome;
    } catch (error) {
      this.#threw(error);
      return null;
    }
  }

  /** Yields at least once: a section without a turn could not overlap another's. */
  async #section(key: number, grant: Grant, ending: Cancel): Promise<void> {
    const other = this.#inside.get(key);
    // Beyond its validity it is the program that overstays, and no fault of the lock.
    if (other !== undefined && other.validUntilMs > nowMs()) this.#violations += 1;
    this.#inside.set(key, grant);
    await yieldTurn();
    if (this.parts.spec.holdMs > 0) await sleep(this.parts.spec.holdMs, ending);
    if (this.#inside.get(key) === grant) this.#inside.delete(key);
  }

  async #release(session: LockSession, grant: Grant): Promise<void> {
    try {
      const outcome = await session.release(grant);
      if (outcome.kind === 'unknown') this.#failed(outcome.failure.code);
      else if (outcome.kind === 'lost') this.#failed('lost');
    } catch (error) {
      this.#threw(error);
    }
  }

  #threw(error: unknown): void {
    this.#failed(error instanceof Error ? error.name : 'Error');
  }

  #failed(code: string): void {
    this.#errors[code] = (this.#errors[code] ?? 0) + 1;
  }
}

/** What is still owed when patience ends. The limit leaves no timer behind: the side sleeps while the other runs. */
async function settle(session: LockSession): Promise<number> {
  await new Promise<void>((resolve) => {
    const stopTimer = after(settleMs, resolve);
    session.quiesce().then(
      () => {
        stopTimer();
        resolve();
      },
      () => {},
    );
  });
  return session.backlog().pending;
}

export function medianUs(histogram: Float64Array): number | null {
  const ns = quantileNs(histogram, 0.5);
  return ns === null ? null : ns / 1000;
}
