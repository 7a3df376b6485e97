/** Keeps a lease alive while its holder works. */
import type { ExtendOutcome, Grant, LockSession } from '../contract/index.js';
import { after, nowNs } from '../base/clock.js';

type Extended = Extract<ExtendOutcome, { kind: 'extended' }>;

/**
 * Extends every `everyMs` until told to stop, until it fails, or until the design does not extend any more. `onAnswer` gets
 * the outcome, null for a failure. Returns the way to stop, which tells whether the lease was extended at all.
 */
export function extendWhileHeld(
  session: LockSession,
  grant: Grant,
  ttlMs: number,
  everyMs: number,
  onAnswer: (outcome: Extended | null, tookNs: number) => void,
  onError: (error: unknown) => void,
): () => Promise<boolean> {
  let extended = false;
  let stopped = session.extend === undefined;
  let under: Promise<void> | null = null;
  let stopTimer = (): void => {};
  const attempt = async (): Promise<ExtendOutcome | null> => {
    try {
      return await session.extend!(grant, ttlMs);
    } catch (error) {
      onError(error);
      return null;
    }
  };
  const extend = async (): Promise<void> => {
    const startNs = nowNs();
    const outcome = await attempt();
    if (outcome?.kind === 'refused') return;
    const done = outcome?.kind === 'extended' ? outcome : null;
    onAnswer(done, nowNs() - startNs);
    if (done === null) return;
    extended = true;
    again();
  };
  const again = (): void => {
    if (stopped) return;
    stopTimer = after(everyMs, () => {
      under = extend();
    });
  };
  again();
  return async () => {
    stopped = true;
    stopTimer();
    await under;
    return extended;
  };
}
