/**
 * The one clock. Monotonic, with one origin for all threads and processes of a machine, so that intervals recorded by
 * different workers can be compared; a step of the wall clock does not touch it.
 */

/** Monotonic time in ns. A double holds whole nanoseconds for the first 104 days after boot, and steps of 2 ns after that. */
export function nowNs(): number {
  const [seconds, ns] = process.hrtime();
  return seconds * 1e9 + ns;
}

/** Monotonic time in ms, with fractions. */
export function nowMs(): number {
  return nowNs() / 1e6;
}

/** The wall clock, for names and reports only: nothing is ever measured with it. */
export function wallClock(): Date {
  return new Date();
}

/** Runs `fn` after `ms`, not before (Node's own timers may fire up to a millisecond early); returns the way to prevent it. */
export function after(ms: number, fn: () => void): () => void {
  return afterAlmost(ms, 0, fn);
}

/** As `after`, but up to `mostEarlyMs` before: timers are a millisecond coarse, and the next one may be further from the time than this. */
export function afterAlmost(ms: number, mostEarlyMs: number, fn: () => void): () => void {
  const dueMs = nowMs() + ms;
  const wake = (): void => {
    const earlyMs = dueMs - nowMs();
    if (earlyMs > mostEarlyMs) timer = setTimeout(wake, Math.ceil(earlyMs));
    else fn();
  };
  let timer = setTimeout(wake, ms);
  return () => clearTimeout(timer);
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** As `delay`, for a limit that nobody may be kept waiting for: the timer alone does not keep the process alive. */
export function limit(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** Lets everything that is ready to run do so. */
export function yieldTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
