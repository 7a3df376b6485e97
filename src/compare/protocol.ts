/** What the harness and the process of one side say to each other, and the figures of a slice. */
import type { StrategyPlan } from '../contract/index.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { SideWork } from './plan.js';

/** The first message: by pipe, for the endpoints may carry a password. */
export interface SideSpec extends SideWork {
  readonly strategy: StrategyPlan;
  readonly endpoints: readonly NodeEndpoint[];
  /** Of this side, in this generation. */
  readonly keyPrefix: string;
  /** Names its random numbers: the same for both sides of a pair, so that they draw the same. */
  readonly stream: string;
}

export interface SliceOrder {
  readonly sliceMs: number;
  readonly discardMs: number;
  /** Counts in the figures of the generation; a warm-up does not. */
  readonly kept: boolean;
}

/** Cycles and percentiles are of the window, the slice less what is discarded; the other counts of the whole slice. */
export interface SliceFigures {
  /** Acquire and release, granted and ended within the window. */
  readonly cycles: number;
  readonly windowMs: number;
  /** Acquire with its waiting, and release, without hold and think. */
  readonly cycleP50Us: number | null;
  /** The round that was granted, alone. */
  readonly acquireP50Us: number | null;
  readonly grants: number;
  /** Acquires that were refused or cancelled: what a busy lock answers. */
  readonly refused: number;
  /** By code: what failed, was not known, or was thrown. */
  readonly errors: Readonly<Record<string, number>>;
  readonly commands: number;
  readonly roundTrips: number;
  /** Grants of a key whose holder's validity was current. */
  readonly violations: number;
  /** Releases owed and answers outstanding when patience ended. */
  readonly unsettled: number;
  /** The longest that the event loop stood still, beyond the 10 ms of its probe. */
  readonly loopDelayMs: number;
  /** Time that the side's thread was ready to run and waited for a core, within the slice; null where it is not told. */
  readonly queuedMs: number | null;
}

/** Over all kept slices of a process. */
export interface SideTotals {
  readonly cycles: number;
  readonly cycleP50Us: number | null;
  readonly cycleP99Us: number | null;
  readonly acquireP50Us: number | null;
  readonly acquireP99Us: number | null;
}

export type SideOrder =
  | { readonly kind: 'open'; readonly spec: SideSpec }
  | { readonly kind: 'run'; readonly order: SliceOrder }
  | { readonly kind: 'totals' };

export type SideAnswer =
  | { readonly kind: 'opened'; readonly clientOptions: Readonly<Record<string, unknown>> }
  | { readonly kind: 'ran'; readonly figures: SliceFigures }
  | { readonly kind: 'totals'; readonly totals: SideTotals };
