import type { Cancel, Grant, Guard } from '../contract/index.js';
import { after, nowMs } from '../base/clock.js';
import { nextTurn } from '../base/turn.js';

/** Beyond some 24 days a timer fires at once; who sleeps for longer wakes in between. */
const longestSleepMs = 60_000;

/** The critical section's view of its lease on the real clock. A guarded holder wakes when the lease is over, or lost. */
export class LeaseGuard implements Guard {
  /** When the holder was told that the lease is lost. */
  lostMs = Infinity;
  /** Of who sleeps. */
  #wake: (() => void) | null = null;
  #keptUntilMs = -Infinity;
  readonly #stopListening: (() => void) | null;

  constructor(
    private readonly grant: Grant,
    private readonly guarded: boolean,
    /** A naive holder hears it and goes on. */
    listening: boolean,
    private readonly cancel: Cancel,
  ) {
    this.#stopListening = guarded || listening ? grant.onLost(() => this.#lose()) : null;
  }

  /** Until when a guarded holder may work. */
  get untilMs(): number {
    return Math.min(this.grant.validUntilMs, this.lostMs);
  }

  mayProceed(): boolean {
    return !this.guarded || nowMs() < this.untilMs;
  }

  pause(ms: number): Promise<void> {
    return ms <= 0 && this.#keptUntilMs === -Infinity ? nextTurn() : this.#sleep(ms);
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
    this.#stopListening?.();
  }

  #lose(): void {
    this.lostMs = nowMs();
    if (this.guarded) this.#rouse();
  }

  async #sleep(ms: number): Promise<void> {
    const untilMs = nowMs() + ms;
    await nextTurn();
    const stopListening = this.cancel.onCancel(() => this.#rouse());
    for (;;) {
      const now = nowMs();
      const endMs = Math.max(untilMs, this.#keptUntilMs);
      const wakeMs = this.guarded ? Math.min(endMs, this.untilMs) : endMs;
      if (now >= wakeMs || this.cancel.cancelled) break;
      await this.#nap(Math.min(longestSleepMs, wakeMs - now));
    }
    stopListening();
  }

  #nap(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stopTimer = after(ms, resolve);
      this.#wake = () => {
        stopTimer();
        resolve();
      };
    });
  }

  /** Whoever sleeps looks again. */
  #rouse(): void {
    this.#wake?.();
  }
}
