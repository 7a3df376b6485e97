/** One way through a relay, as all its connections share it: its state now, and how many chunks have felt it. */
import type { Random } from '../base/random.js';
import type { WayState } from './state.js';

export interface Latency {
  readonly delayMs: number;
  readonly jitterMs: number;
}

export class Way {
  /** Chunks held, dropped, delayed beyond the standing latency, or cut short. */
  touched = 0;
  state: WayState = { passage: 'pass', delayMs: 0, jitterMs: 0 };

  /** The standing latency is the wire's own: it stays, whatever the state adds to it. */
  constructor(
    private readonly standing: Latency,
    private readonly random: Random,
  ) {}

  /** Whether a chunk that sets out now feels more than the standing latency. */
  get isTouching(): boolean {
    const { passage, delayMs, jitterMs } = this.state;
    return passage !== 'pass' || delayMs > 0 || jitterMs > 0;
  }

  drawDelayMs(): number {
    const jitterMs = this.standing.jitterMs + this.state.jitterMs;
    const leastMs = this.standing.delayMs + this.state.delayMs;
    return jitterMs === 0 ? leastMs : leastMs + jitterMs * this.random();
  }
}
