/** What a session under test is given: real clock and timers, random numbers of its own, and an impatient retry. */
import { after, nowMs } from '../base/clock.js';
import { seededRandom, tokenSource } from '../base/random.js';
import { sleep } from '../base/sleep.js';
import type { Options, RetryPolicy, StrategyEnv } from '../contract/index.js';
import { retryPolicy } from '../kit/retry.js';

/** Short delays keep the suite short; behaviour must not hang on them. */
export const impatient: RetryPolicy = retryPolicy({ kind: 'uniform', minMs: 1, maxMs: 10, limit: null });

const token = tokenSource();

export function envOf(stream: string, retry: RetryPolicy = impatient): StrategyEnv {
  return { nowMs, after, sleep, random: seededRandom(1, stream), token, retry };
}

/** The option by which designs bound one answer, under the names that are in use; null where there is none. */
export function answerOption(options: Options): string | null {
  return ['nodeTimeout', 'timeout'].find((name) => typeof options[name] === 'number') ?? null;
}
