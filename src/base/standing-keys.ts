import type { LockStrategy } from '../contract/index.js';

/** Whether the design keeps such a key for good, beside its locks. */
export function isStandingKey({ standingSuffixes = [] }: Pick<LockStrategy, 'standingSuffixes'>, key: string): boolean {
  return standingSuffixes.some((suffix) => key.endsWith(suffix));
}
