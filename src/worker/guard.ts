import type { Cancel, Grant, Guard } from '../contract/index.js';
import { CancelSource } from '../base/cancel.js';
import { nowMs, yieldTurn } from '../base/clock.js';
import { sleep } from '../base/sleep.js';

/** Beyond some 24 days a timer fires at once; who sleeps for longer wakes in between. */
const longestSleepMs = 60_000;

/** The critical section's view of its lease on the real clock. A guarded holder wakes when the lease is over, or lost. */
export class LeaseGuard implements Guard {
  /** When the holder was told that the lease is lost. */
  lostMs = Infinity;
  #wake = new CancelSource();
  #keptUntilMs = -Infinity;
  readonly #stopListening: (() => void)[];

  constructor(
    private readonly grant: Grant,
    private readonly guarded: boolean,
    /** A naive holder hears it and goes on. */
    listening: boolean,
    private readonly cancel: Cancel,
  ) {
    this.#stopListening = [cancel.onCancel(() => this.#wake.cancel())];
    if (guarded || listening) this.#stopListening.push(grant.onLost(() => this.#lose()));
  }

  /** Until when a guarded holder may work. */
  get untilMs(): number {
    return Math.min(this.grant.validUntilMs, this.lostMs);
  }

  mayProceed(): boolean {
    return !this.guarded || nowMs() < this.untilMs;
  }

  async pause(ms: number): Promise<void> {
    const untilMs = nowMs() + ms;
    await yieldTurn();
    for (;;) {
      const now = nowMs();
      const endMs = Math.max(untilMs, this.#keptUntilMs);
      const wakeMs = this.guarded ? Math.min(endMs, this.untilMs) : endMs;
      if (now >= wakeMs || this.cancel.cancelled) return;
      await sleep(Math.min(longestSleepMs, wakeMs - now), this.#wake);
    }
  }

  /** Pauses last until then, however short they were meant to be. */
  keepUntil(ms: number): void {
    this.#keptUntilMs = ms;
  }

  letGo(): void {
    this.#keptUntilMs = -Infinity;
    this.#rouse();
  }

  close(): void {
    for (const stop of this.#stopListening) stop();
  }

  #lose(): void {
    this.lostMs = nowMs();
    if (this.guarded) this.#rouse();
  }

  /** Whoever sleeps looks again. */
  #rouse(): void {
    const asleep = this.#wake;
    this.#wake = new CancelSource();
    asleep.cancel();
  }
}
