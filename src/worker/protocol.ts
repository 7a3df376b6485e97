/** All that a worker and the main thread say to each other. Figures do not travel here: they lie in shared memory. */
import type { Backlog, ErrorData, NodeFailure, Plan, StrategyPlan, Wait } from '../contract/index.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { SharedBuffers } from '../record/shared.js';

/** What a worker is started with. */
export interface WorkerTask {
  readonly index: number;
  readonly plan: Plan;
  readonly strategy: StrategyPlan;
  readonly endpoints: readonly NodeEndpoint[];
  readonly shared: SharedBuffers;
  readonly historyFile: string;
  /** Tells this run from its repeats, so that each draws other random numbers. */
  readonly round: number;
}

export type ToWorker =
  | { readonly kind: 'go' }
  /** No new cycles, and no more waiting. */
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'ready'; readonly clientOptions: Readonly<Record<string, unknown>> }
  | { readonly kind: 'failed'; readonly error: ErrorData }
  | { readonly kind: 'done'; readonly report: WorkerReport };

export interface WorkerReport {
  readonly errors: Readonly<Record<string, number>>;
  readonly backlog: Backlog;
  readonly commands: number;
  readonly roundTrips: number;
  /** Updates believed made, per key. */
  readonly believed: readonly number[];
  readonly waits: readonly Wait[];
  readonly eventLoopUtilisation: number;
  readonly eventLoopDelayUsP99: number | null;
  /** Chunks that could not be written, and why. */
  readonly kept: readonly Uint8Array[];
  readonly trouble: string | null;
  readonly droppedRows: number;
  /** CPU and run-queue wait of this thread within the window, where the system tells. */
  readonly cpuNs: number | null;
  readonly queuedNs: number | null;
  /** Releases still owed when the patience for them ended. */
  readonly unsettled: number;
  readonly nodeFailures: readonly NodeFailure[];
  /** The first error of each kind that the strategy threw, in words. */
  readonly errorSamples: readonly string[];
}
