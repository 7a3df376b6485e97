/** What the yardstick and the processes of one contestant say to each other. */
import type { Counters, LatencyName, Plan, StrategyPlan } from '../../src/contract/index.js';
import type { NodeEndpoint } from '../../src/clients/endpoint.js';
import type { Load } from './groups.js';

export interface RunnerSpec {
  /** Without contenders, keys and load, which each slice brings. */
  readonly plan: Plan;
  readonly strategy: StrategyPlan;
  readonly endpoints: readonly NodeEndpoint[];
  /** Which of the contestant's processes it is. */
  readonly index: number;
  /** Where its record goes. */
  readonly file: string;
}

export interface SliceOrder {
  readonly load: Load;
  /** Tells its keys and its random numbers from those of other slices. */
  readonly number: number;
  /** On the clock of the machine: the processes of one contestant begin together. */
  readonly startNs: number;
  readonly windowNs: readonly [openNs: number, closeNs: number];
  /** Counts in the figures of the generation; a warm-up does not. */
  readonly kept: boolean;
}

/** Of one process. What was granted lies in its record. */
export interface SliceReport {
  /** Of the operations that were meant to start within the window. */
  readonly counters: Counters;
  readonly startedInWindow: number;
  /** Of acquire as its caller sees it. */
  readonly acquireP50Us: number | null;
  /** By code: what failed, was not known, or was thrown. */
  readonly errors: Readonly<Record<string, number>>;
  readonly errorSamples: readonly string[];
  /** Of the whole slice, all threads; null where the system does not tell. */
  readonly cpuNs: number;
  /** Releases owed and answers outstanding when patience ended. */
  readonly unsettled: number;
  /** Records that could not be written. */
  readonly trouble: string | null;
}

export const keptLatencies = ['service', 'response', 'sendDelay', 'wait'] as const satisfies readonly LatencyName[];
export type KeptLatency = (typeof keptLatencies)[number];
export type LatencyCounts = Readonly<Record<KeptLatency, Float64Array>>;

export type RunnerOrder =
  | { readonly kind: 'open'; readonly spec: RunnerSpec }
  | { readonly kind: 'run'; readonly order: SliceOrder }
  | { readonly kind: 'totals' };

export type RunnerAnswer =
  | { readonly kind: 'opened'; readonly clientOptions: Readonly<Record<string, unknown>> }
  | { readonly kind: 'ran'; readonly report: SliceReport }
  /** By load, over the slices that were kept. */
  | { readonly kind: 'totals'; readonly totals: ReadonlyMap<string, LatencyCounts> };
