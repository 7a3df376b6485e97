/** How a worker is reached, and what can be done to it: as a thread, or as a process. */
import type { Frame } from '../record/frame.js';
import type { FromWorker, ToWorker } from './protocol.js';

export interface Port {
  say(message: FromWorker): void;
  /** What it says has left when this returns, even if the worker stands still or is killed then. */
  sayNow(message: FromWorker): void;
  onMessage(listener: (message: ToWorker) => void): void;
  /** The last figures, where they do not lie in shared memory. */
  figures(): Frame | null;
  /** Stops everything in this worker, as a long collection of garbage does. */
  standStill(ms: number): void;
  /** SIGKILL; null in a thread, which cannot be killed alone. */
  readonly die: (() => never) | null;
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread: nobody ever wakes it. */
export function blockThread(ms: number): void {
  Atomics.wait(nobody, 0, 0, ms);
}
