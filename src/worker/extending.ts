/** Keeps a lease alive while its holder works. */
import type { ExtendOutcome, Grant, LockSession } from '../contract/index.js';
import { after, nowNs } from '../base/clock.js';

export interface ExtendEvents {
  /** It has been asked for; no answer has been read. */
  onSent(): void;
  /** The outcome, null for a failure. Nothing is told of an extension that the design did not try. */
  onAnswer(outcome: ExtendOutcome | null, tookNs: number): void;
  onError(error: unknown): void;
}

/**
 * Extends every `everyMs` until told to stop, until it fails, or until the design does not extend any more. Returns the way
 * to stop, which tells whether the lease was extended at all.
 */
export function extendWhileHeld(
  session: LockSession,
  grant: Grant,
  ttlMs: number,
  everyMs: number,
  events: ExtendEvents,
): () => Promise<boolean> {
  let extended = false;
  let stopped = session.extend === undefined;
  let under: Promise<void> | null = null;
  let stopTimer = (): void => {};
  const attempt = async (): Promise<ExtendOutcome | null> => {
    try {
      const answer = session.extend!(grant, ttlMs);
      events.onSent();
      return await answer;
    } catch (error) {
      events.onError(error);
      return null;
    }
  };
  const extend = async (): Promise<void> => {
    const startNs = nowNs();
    const outcome = await attempt();
    if (outcome?.kind === 'refused') return;
    events.onAnswer(outcome, nowNs() - startNs);
    if (outcome?.kind !== 'extended') return;
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
