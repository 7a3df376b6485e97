/**
 * Whether a run was too noisy to say anything. Slices of both sides stand side by side, so most noise cancels out and makes the
 * interval wider; these limits are for what the interval cannot be trusted with. Pure.
 */
import { formatMs, formatPercent } from '../base/units.js';
import { median } from '../stats/median.js';
import type { Generation } from './measured.js';
import type { Design } from './plan.js';

export interface Noise {
  readonly stealRatio: number | null;
  readonly pressureRatio: number | null;
  /** The median over slices of the longest standstill of the event loop. */
  readonly loopDelayMs: number | null;
  /** Of the baseline's throughput, from generation to generation: standard deviation over mean. */
  readonly baselineVariation: number | null;
  /** What exceeded its limit, in words with the way out; empty: the run counts. */
  readonly tooNoisy: readonly string[];
}

/** Time that other machines took cannot be seen by either side, and comes in bursts. */
const stealLimit = 0.1;
/** Below this the machine is merely full, which widens the interval; beyond it nobody runs when it is ready to. */
const pressureLimit = 0.98;
/** Of a slice: one standstill more or less then decides over it. */
const loopDelayLimit = 1 / 3;
/** The same code, five times as fast at one time as at another: it was not the same machine all the time. */
const variationLimit = 0.8;

export function noiseOf(generations: readonly Generation[], design: Design): Noise {
  const known = (values: readonly (number | null)[]): number[] => values.flatMap((value) => value ?? []);
  const stealRatio = meanOf(known(generations.map(({ machine }) => machine.stealRatio)));
  const pressureRatio = meanOf(known(generations.map(({ machine }) => machine.pressureRatio)));
  const delays = generations.flatMap(({ pairs }) =>
    pairs.flatMap(({ baseline, candidate }) => [baseline.loopDelayMs, candidate.loopDelayMs]),
  );
  const loopDelayMs = delays.length > 0 ? median(delays) : null;
  const baselineVariation = variation(
    generations
      .filter(({ pairs }) => pairs.length > 0)
      .map(({ pairs }) => median(pairs.map(({ baseline }) => baseline.cycles / baseline.windowMs))),
  );
  const tooNoisy: string[] = [];
  if ((stealRatio ?? 0) > stealLimit)
    tooNoisy.push(
      `other machines on this host took ${formatPercent(stealRatio)} of its processor time (limit ${formatPercent(stealLimit)}): use another machine, or another hour`,
    );
  if ((pressureRatio ?? 0) > pressureLimit)
    tooNoisy.push(
      `something waited for a core ${formatPercent(pressureRatio)} of the time (limit ${formatPercent(pressureLimit)}): end what else runs here`,
    );
  if ((loopDelayMs ?? 0) > loopDelayLimit * design.sliceMs)
    tooNoisy.push(
      `the event loop stood still for ${formatMs(loopDelayMs)} in half of the slices of ${formatMs(design.sliceMs)}: end what else runs here, or use fewer --contenders`,
    );
  if ((baselineVariation ?? 0) > variationLimit)
    tooNoisy.push(
      `the baseline's own throughput varied by ${formatPercent(baselineVariation)} from one generation to the next (limit ${formatPercent(variationLimit)}): end what else runs here and compare again`,
    );
  return { stealRatio, pressureRatio, loopDelayMs, baselineVariation, tooNoisy };
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variation(values: readonly number[]): number | null {
  const mean = meanOf(values);
  if (mean === null || mean === 0 || values.length < 2) return null;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1)) / mean;
}
