/** When the operations of a contender are meant to start, and how it waits for that. */
import type { Arrivals } from '../contract/index.js';

export interface Course {
  readonly arrivals: Arrivals;
  /** Operations arrive by a schedule of their own, whatever the lock does. */
  readonly open: boolean;
  /** Resolves at that time on the monotonic clock, or when the run ends. */
  until(ms: number): Promise<void>;
}
