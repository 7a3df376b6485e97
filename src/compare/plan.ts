/**
 * What is compared, and how the time is spent: generations of fresh processes, and slices within each. Pure.
 *
 * Fresh processes, because each has its own luck with compilation and memory; slices, because what a machine does changes
 * within seconds, and only neighbours in time can be compared.
 */
import type {
  Addresses,
  Endpoint,
  KeyChoice,
  Persistence,
  RetryPlan,
  ServersKind,
  StrategyPlan,
} from '../contract/index.js';
import { formatSettingMs } from '../base/units.js';
import { leastClusters } from '../stats/clustered-bootstrap.js';

export const sides = ['baseline', 'candidate'] as const;
export type Side = (typeof sides)[number];

export interface SidePlan extends StrategyPlan {
  /** The commit whose strategy it is; null for the one that runs. */
  readonly commit: string | null;
}

/** What both sides do alike. */
export interface SideWork {
  readonly seed: number;
  readonly contenders: number;
  /** Null: each contender has a key of its own, so nobody waits and the lock's own cost is measured. */
  readonly keys: number | null;
  readonly keyChoice: KeyChoice;
  readonly ttlMs: number;
  readonly holdMs: number;
  readonly thinkMs: number;
  readonly waitMs: number;
}

/** JSON-safe, without secrets. */
export interface ComparePlan extends SideWork {
  readonly baseline: SidePlan;
  readonly candidate: SidePlan;
  readonly servers: ServersKind;
  readonly image: string;
  readonly persistence: Persistence;
  readonly external: readonly Endpoint[];
  readonly addresses: Addresses;
  readonly keyPrefix: string;
  readonly budgetMs: number;
}

export interface Design {
  readonly generations: number;
  /** Per side and generation. */
  readonly slices: number;
  readonly sliceMs: number;
  /** At the beginning of each slice. */
  readonly discardMs: number;
  readonly warmupMs: number;
}

const usualGenerations = 10;
const usualSlices = 20;
/** Below this it is better to give up generations than slices. */
const fewSlices = 10;
const mostGenerations = 400;
const usualSliceMs = 150;
/** A slice must see so many of its longest events, or one more or less decides. */
const eventsInSlice = 20;
const leastDiscardMs = 20;
const discardRatio = 0.05;
const warmupMs = 300;
/** Two processes start and connect. */
const startMs = 700;
/** Settling, and the word to the other side. */
const gapMs = 4;

/** Contenders may meet. */
export function contended({ keys, contenders }: Pick<ComparePlan, 'keys' | 'contenders'>): boolean {
  return keys !== null && contenders > 1;
}

/** The longest that one contender is at something by plan: what it does inside and outside, and between two tries. */
export function longestEventMs(plan: ComparePlan): number {
  const retryMs = contended(plan) ? Math.max(...sides.map((side) => longestRetryMs(plan[side].retry, plan.waitMs))) : 0;
  return Math.max(retryMs, plan.holdMs + plan.thinkMs);
}

function longestRetryMs({ kind, minMs, maxMs, limit }: RetryPlan, waitMs: number): number {
  return limit === 0 ? 0 : Math.min(waitMs, kind === 'fixed' ? minMs : maxMs);
}

export function generationMs({ slices, sliceMs }: Pick<Design, 'slices' | 'sliceMs'>): number {
  return startMs + 2 * warmupMs + slices * 2 * (sliceMs + gapMs);
}

export function designMs(design: Design): number {
  return design.generations * generationMs(design);
}

/** Spends the budget; refuses one in which not even the fewest generations fit. */
export function designFor(budgetMs: number, longestMs: number): Design | { readonly refused: string } {
  const sliceMs = Math.max(usualSliceMs, Math.ceil(eventsInSlice * longestMs));
  const generationsOf = (slices: number): number => Math.floor(budgetMs / generationMs({ slices, sliceMs }));
  const slicesOf = (generations: number): number =>
    Math.floor((budgetMs / generations - generationMs({ slices: 0, sliceMs })) / (2 * (sliceMs + gapMs)));
  const design = (generations: number, slices: number): Design => ({
    generations: Math.min(mostGenerations, generations),
    slices,
    sliceMs,
    discardMs: Math.max(leastDiscardMs, Math.round(discardRatio * sliceMs)),
    warmupMs,
  });
  if (generationsOf(usualSlices) >= usualGenerations) return design(generationsOf(usualSlices), usualSlices);
  if (slicesOf(usualGenerations) >= fewSlices) return design(usualGenerations, slicesOf(usualGenerations));
  if (generationsOf(fewSlices) >= leastClusters) return design(generationsOf(fewSlices), fewSlices);
  if (slicesOf(leastClusters) >= 1) return design(leastClusters, slicesOf(leastClusters));
  const neededMs = leastClusters * generationMs({ slices: 1, sliceMs });
  return {
    refused:
      `${leastClusters} generations of fresh processes are the fewest that can tell anything, and with slices of ` +
      `${formatSettingMs(sliceMs)} they take ${formatSettingMs(Math.ceil(neededMs / 1000) * 1000)}`,
  };
}

/** Of a second, smaller run that an alarm must pass: half as many generations. */
export function confirmingDesign(design: Design): Design {
  return { ...design, generations: Math.max(leastClusters, Math.ceil(design.generations / 2)) };
}
