/**
 * Waiting for a busy lock: one policy for every design that polls, so that designs are compared and not their patience.
 * Full jitter follows Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): uniform in
 * [0, min(cap, base x 2^n)). Redlock's own text asks for a random delay, so that contenders which split the vote do not
 * meet again.
 */
import type {
  AcquireOutcome,
  AcquireRequest,
  Failure,
  Grant,
  RefusedWhy,
  RetryPlan,
  RetryPolicy,
  StrategyEnv,
} from '../contract/index.js';

export function retryPolicy(plan: RetryPlan): RetryPolicy {
  return {
    delayMs(retry, random) {
      if (plan.limit !== null && retry > plan.limit) return null;
      switch (plan.kind) {
        case 'fixed':
          return plan.minMs;
        case 'uniform':
          return plan.minMs + random() * (plan.maxMs - plan.minMs);
        case 'full-jitter':
          return random() * Math.min(plan.maxMs, plan.minMs * 2 ** Math.min(retry, 30));
      }
    },
  };
}

/** How one try of a design ended. */
export type Try =
  | {
      readonly kind: 'granted';
      readonly grant: Grant;
      /** The clock that validity was compared with. */ readonly decidedMs: number;
      /** See `AcquireOutcome`. */
      readonly queued?: boolean;
    }
  | { readonly kind: 'refused'; readonly why: RefusedWhy }
  | { readonly kind: 'unknown'; readonly failure: Failure };

/** Waits after a try that was not granted: for `delayMs`, or until something is known to have changed; `leftMs` at most. */
export type Pause = (delayMs: number, leftMs: number, refused: Try) => Promise<void>;

/**
 * Tries until granted, cancelled, out of retries or out of time. The last try is made when the wait ends, never after it:
 * a delay longer than what is left of the wait is cut to it.
 */
export async function acquireWithRetry(
  env: StrategyEnv,
  request: AcquireRequest,
  tryOnce: () => Promise<Try>,
  pause: Pause = (delayMs, leftMs) => env.sleep(Math.min(delayMs, leftMs), request.cancel),
): Promise<AcquireOutcome> {
  const deadlineMs = env.nowMs() + request.waitMs;
  for (let tries = 1; ; tries += 1) {
    if (request.cancel.cancelled) return { kind: 'cancelled', tries: tries - 1 };
    const startMs = env.nowMs();
    const outcome = await tryOnce();
    if (outcome.kind === 'granted') return granted(outcome, tries, startMs);
    const delayMs = env.retry.delayMs(tries, env.random);
    const leftMs = deadlineMs - env.nowMs();
    if (delayMs === null || leftMs <= 0) return { ...outcome, tries };
    await pause(delayMs, leftMs, outcome);
  }
}

/** Named one by one: copying an object of unknown shape costs more than a release. */
function granted(outcome: Extract<Try, { kind: 'granted' }>, tries: number, startMs: number): AcquireOutcome {
  const { kind, grant, decidedMs, queued = false } = outcome;
  return { kind, grant, tries, roundMs: decidedMs - startMs, decidedMs, queued };
}
