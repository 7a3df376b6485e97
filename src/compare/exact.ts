/** What is counted and has no noise: commands, round trips, violations, failures. Any difference is told. Pure. */
import { median } from '../stats/median.js';
import type { Generation } from './measured.js';
import { contended, type ComparePlan, type Side } from './plan.js';
import type { SliceFigures } from './protocol.js';

export interface SideCounts {
  /** Grants in which two holders of one key would have been seen; 0 where no two contenders share one. */
  readonly checked: number;
  readonly grants: number;
  readonly refused: number;
  readonly violations: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Releases owed or answers outstanding at the end of slices. */
  readonly unsettled: number;
  /** The middle of the slices: a retry after a lost answer does not move it. */
  readonly commandsPerGrant: number | null;
  readonly roundTripsPerGrant: number | null;
}

export interface Exact {
  readonly baseline: SideCounts;
  readonly candidate: SideCounts;
  /** False where contenders meet: what a try costs then depends on who came first. */
  readonly comparable: boolean;
}

export function exactOf(generations: readonly Generation[], plan: ComparePlan): Exact {
  const meet = contended(plan);
  return {
    baseline: countsOf(slicesOf(generations, 'baseline'), meet),
    candidate: countsOf(slicesOf(generations, 'candidate'), meet),
    comparable: !meet,
  };
}

export function slicesOf(generations: readonly Generation[], side: Side): SliceFigures[] {
  return generations.flatMap(({ pairs }) => pairs.map((pair) => pair[side]));
}

export function countsOf(slices: readonly SliceFigures[], meet: boolean): SideCounts {
  const grants = sum(slices.map((slice) => slice.grants));
  const errors: Record<string, number> = {};
  for (const slice of slices)
    for (const [code, count] of Object.entries(slice.errors)) errors[code] = (errors[code] ?? 0) + count;
  const perGrant = (count: (slice: SliceFigures) => number): number | null => {
    const ratios = slices.filter((slice) => slice.grants > 0).map((slice) => count(slice) / slice.grants);
    return ratios.length === 0 ? null : Number(median(ratios).toFixed(4));
  };
  return {
    checked: meet ? grants : 0,
    grants,
    refused: sum(slices.map((slice) => slice.refused)),
    violations: sum(slices.map((slice) => slice.violations)),
    errors,
    unsettled: sum(slices.map((slice) => slice.unsettled)),
    commandsPerGrant: perGrant((slice) => slice.commands),
    roundTripsPerGrant: perGrant((slice) => slice.roundTrips),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
