import type { Cancel, Grant, Guard } from '../contract/index.js';
import { CancelSource } from '../base/cancel.js';
import { nowMs, yieldTurn } from '../base/clock.js';
import { sleep } from '../base/sleep.js';

/** The critical section's view of its lease on the real clock. A guarded holder wakes when the lease is over, or lost. */
export class LeaseGuard implements Guard {
  /** When the holder was told that the lease is lost. */
  lostMs = Infinity;
  readonly #wake = new CancelSource();
  readonly #stopListening: (() => void)[];

  constructor(
    private readonly grant: Grant,
    private readonly guarded: boolean,
    cancel: Cancel,
  ) {
    this.#stopListening = [cancel.onCancel(() => this.#wake.cancel())];
    if (guarded) this.#stopListening.push(grant.onLost(() => this.#lose()));
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
      const wakeMs = this.guarded ? Math.min(untilMs, this.untilMs) : untilMs;
      if (now >= wakeMs || this.#wake.cancelled) return;
      await sleep(wakeMs - now, this.#wake);
    }
  }

  close(): void {
    for (const stop of this.#stopListening) stop();
  }

  #lose(): void {
    this.lostMs = nowMs();
    this.#wake.cancel();
  }
}
