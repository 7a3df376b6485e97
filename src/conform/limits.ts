/** Every wait of the suite ends: at these limits. In ms. */
import { after } from '../base/clock.js';

export const limits = {
  /** A lease that a case need not think about. */
  leaseMs: 5_000,
  /** For a call that nothing hinders, beyond what it was told to wait; and for one that silence does, beside its own limits. */
  spareMs: 1_000,
  /** Where a design does not tell how long it waits for one answer. */
  unknownAnswerMs: 1_000,
  openMs: 5_000,
  quiesceMs: 5_000,
  closeMs: 1_000,
  /** For what must come true in the end: connections back, a lease over on the server. */
  eventuallyMs: 5_000,
  /** One case; beyond this the suite itself is at fault. */
  caseMs: 45_000,
  /** Without a word from the process that runs the cases: its event loop stands still. */
  silenceMs: 6_000,
  /** It gives a sign of life so often. */
  heartbeatMs: 1_000,
  /** For that process to start its servers. */
  startMs: 60_000,
} as const;

/** Rejects with what `late` makes when the promise has not settled in time. A rejection after that is swallowed. */
export function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopTimer = after(ms, () => reject(late()));
    promise
      .then(resolve, reject)
      .finally(stopTimer)
      .catch(() => {});
  });
}
