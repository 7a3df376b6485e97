import type { Cancel, Grant, Guard } from '../contract/index.js';
import { nowMs, yieldTurn } from '../base/clock.js';
import { sleep } from '../base/sleep.js';

/** The critical section's view of its lease on the real clock. */
export class LeaseGuard implements Guard {
  #lost = false;

  constructor(
    private readonly grant: Grant,
    private readonly guarded: boolean,
    private readonly cancel: Cancel,
  ) {
    if (guarded) grant.onLost(() => (this.#lost = true));
  }

  mayProceed(): boolean {
    return !this.guarded || (!this.#lost && nowMs() < this.grant.validUntilMs);
  }

  async pause(ms: number): Promise<void> {
    const untilMs = nowMs() + ms;
    await yieldTurn();
    for (;;) {
      const now = nowMs();
      const wakeMs = this.guarded ? Math.min(untilMs, this.grant.validUntilMs) : untilMs;
      if (now >= wakeMs || this.cancel.cancelled) return;
      await sleep(wakeMs - now, this.cancel);
    }
  }
}
