/**
 * The event loop of one simulated worker. While it is paused (garbage collection, SIGSTOP) what is due and what arrives
 * waits; on waking either the timers or the sockets come first, as the seed draws: both were seen on real machines.
 */
import type { Random } from '../base/random.js';
import type { RangeMs, World } from './world.js';

/** Timers fire late by up to this much, and never early. */
const timerLateMs: RangeMs = [0, 1];

type Kind = 'timer' | 'io';

export class EventLoop {
  readonly #waiting: { readonly kind: Kind; readonly run: () => void }[] = [];
  #pausedUntilMs = 0;
  #paused = false;
  #holdsBytes = false;

  constructor(
    private readonly world: World,
    readonly name: string,
    /** For what the worker itself draws. */
    readonly random: Random,
  ) {}

  /** Runs `run` in this loop: now, or when it wakes and has done what came before. */
  deliver(kind: Kind, run: () => void): void {
    if (!this.#paused && this.#waiting.length === 0) run();
    else this.#waiting.push({ kind, run });
  }

  after(ms: number, run: () => void): () => void {
    let cancelled = false;
    const stop = this.world.after(ms + this.world.uniformMs(timerLateMs), () => {
      if (cancelled) return;
      this.deliver('timer', () => {
        if (!cancelled) run();
      });
    });
    return () => {
      cancelled = true;
      stop();
    };
  }

  /**
   * Stops the world, from the end of the turn that runs now. The draw decides whether what this turn writes still leaves,
   * or leaves only on waking: "check, then pause, then bytes leave".
   */
  pause(ms: number): void {
    this.world.log(() => `${this.name} paused for ${ms.toFixed(1)} ms`);
    this.#paused = true;
    this.#holdsBytes = this.world.random() < 0.5;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.world.nowMs() + ms);
    this.world.after(ms, () => this.#wake());
  }

  /** When bytes written now leave. */
  departMs(): number {
    return this.#paused && this.#holdsBytes ? this.#pausedUntilMs : this.world.nowMs();
  }

  #wake(): void {
    if (!this.#paused || this.world.nowMs() < this.#pausedUntilMs) return;
    this.#paused = false;
    this.world.log(() => `${this.name} wakes`);
    const first: Kind = this.world.random() < 0.5 ? 'timer' : 'io';
    const order = [...this.#waiting].sort((a, b) => Number(b.kind === first) - Number(a.kind === first));
    this.#waiting.splice(0, order.length, ...order);
    this.#next();
  }

  /** One at a time: the promise jobs of each run before the next. */
  #next(): void {
    if (this.#paused) return;
    this.#waiting.shift()?.run();
    if (this.#waiting.length > 0) this.world.after(0, () => this.#next());
  }
}
