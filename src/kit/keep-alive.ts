/**
 * Keeps a lease alive while its holder works, whatever the design: one mechanism for every interval, in real and in virtual
 * time. Three bounds:
 *
 * - of rate: from the start of one extension to that of the next at least `everyMs` pass, and never two are under way;
 * - of number: after `maxExtensions` it lets the lease run out, for whoever hangs for ever would else keep the lock for ever
 *   (Redis documentation, "Distributed locks with Redis", section "Making the algorithm more reliable: Extending the lock");
 * - of time: when validity is over, be it that extensions failed, or went unanswered, or were no longer allowed, the design
 *   is asked once more: it finds the lease over, and tells the holder (`Grant.onLost`).
 *
 * An extension without an answer is tried again at its time, as long as the lease is valid: that is what a third of the TTL is
 * for.
 */
import type { ExtendOutcome, Grant, LockSession, StrategyEnv } from '../contract/index.js';

export interface KeepAliveRules {
  readonly ttlMs: number;
  readonly everyMs: number;
  /** Infinity: the design itself says when it is enough. */
  readonly maxExtensions: number;
}

export interface KeepAliveEvents {
  /** It has been asked for; no answer has been read. */
  onSent(): void;
  /** The outcome, null for a failure. Nothing is told of an extension that the design did not try. */
  onAnswer(outcome: ExtendOutcome | null, tookMs: number): void;
  /** Validity was over, and the design was asked to tell. */
  onOver(): void;
  onError(error: unknown): void;
}

/** The share of the TTL after which a lease that is kept alive by itself is extended: two more tries fit into it. */
const share = 1 / 3;
/** However short the TTL is. Timers are a millisecond coarse. */
export const leastEveryMs = 5;

export function everyMsFor(ttlMs: number): number {
  return Math.max(leastEveryMs, Math.floor(ttlMs * share));
}

/** Until told to stop, or the lease is lost. Returns the way to stop, which tells whether the lease was extended at all. */
export function keepAlive(
  session: LockSession,
  grant: Grant,
  { ttlMs, everyMs, maxExtensions }: KeepAliveRules,
  { nowMs, after }: Pick<StrategyEnv, 'nowMs' | 'after'>,
  events: KeepAliveEvents,
): () => Promise<boolean> {
  let extensions = 0;
  let stopped = session.extend === undefined;
  let under: Promise<unknown> = Promise.resolve();
  let telling: Promise<unknown> = Promise.resolve();
  let stopExtending = (): void => {};
  let stopWatching = (): void => {};

  const attempt = async (onSent: () => void): Promise<ExtendOutcome | null> => {
    try {
      const answer = session.extend!(grant, ttlMs);
      onSent();
      return await answer;
    } catch (error) {
      events.onError(error);
      return null;
    }
  };
  const extend = async (): Promise<void> => {
    const startMs = nowMs();
    const outcome = await attempt(() => events.onSent());
    if (outcome?.kind === 'refused') return;
    events.onAnswer(outcome, nowMs() - startMs);
    if (outcome?.kind === 'extended') extensions += 1;
    if (outcome?.kind !== 'lost') again(startMs);
    else stopWatching();
  };
  const again = (sinceMs: number): void => {
    if (stopped || extensions >= maxExtensions) return;
    stopExtending = after(Math.max(0, sinceMs + everyMs - nowMs()), () => {
      under = extend();
    });
  };
  const tell = async (): Promise<void> => {
    stopExtending();
    stopped = true;
    await attempt(() => {});
    events.onOver();
  };
  const watch = (): void => {
    if (stopped || grant.validUntilMs === Infinity) return;
    stopWatching = after(Math.max(0, grant.validUntilMs - nowMs()), () => {
      if (nowMs() < grant.validUntilMs) watch();
      else telling = tell();
    });
  };
  again(nowMs());
  watch();
  return async () => {
    stopped = true;
    stopExtending();
    stopWatching();
    await Promise.all([under, telling]);
    return extensions > 0;
  };
}
