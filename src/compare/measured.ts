/** What a comparison has measured: plain data, all that is needed to judge it again. */
import type { Side } from './plan.js';
import type { SideTotals, SliceFigures } from './protocol.js';

/** Two slices one after the other, in an order that was drawn. */
export interface SlicePair {
  readonly first: Side;
  readonly baseline: SliceFigures;
  readonly candidate: SliceFigures;
}

/** What the machine was at, over one generation; null where the system does not tell. */
export interface MachineNoise {
  /** Share of all cores' time taken by other machines on the same host. */
  readonly stealRatio: number | null;
  /** `some avg10` of /proc/pressure/cpu at the end of it. */
  readonly pressureRatio: number | null;
}

/** One pair of fresh processes. */
export interface Generation {
  readonly pairs: readonly SlicePair[];
  /** Null where it was interrupted before. */
  readonly totals: Readonly<Record<Side, SideTotals>> | null;
  readonly machine: MachineNoise;
}
