/**
 * Counters in shared memory: each worker writes its own, the main thread reads them at any time, and a worker that dies
 * takes none with it.
 */
import type { Counters } from '../contract/index.js';

export const counterNames = [
  'attempts',
  'tries',
  'grants',
  'busy',
  'tooLate',
  'unreachable',
  'cancelled',
  'unknown',
  'errors',
  'released',
  'releaseLost',
  'releaseUnknown',
  'releaseErrors',
  'extended',
  'extendFailed',
] as const satisfies readonly (keyof Counters)[];

export const at = Object.fromEntries(counterNames.map((name, index) => [name, index])) as Readonly<
  Record<keyof Counters, number>
>;

export function sumCounters(parts: readonly Float64Array[]): Counters {
  return Object.fromEntries(
    counterNames.map((name, index) => [name, parts.reduce((sum, part) => sum + part[index], 0)]),
  ) as unknown as Counters;
}

export function noCounts(): Counters {
  return sumCounters([]);
}
