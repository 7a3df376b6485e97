/** What a run, or a comparison, tells while it goes on, and what surrounds it. */
import type { Addresses } from '../contract/index.js';
import type { NodeEndpoint } from '../clients/endpoint.js';

/** The command line draws it. */
export interface Tick {
  readonly label: string;
  readonly elapsedMs: number;
  /** Null when the end is not known by time. */
  readonly totalMs: number | null;
  readonly done?: number;
  readonly total?: number;
  readonly grants: number;
  readonly rateHz: number;
  readonly p99Us: number | null;
  readonly violations: number;
}

export interface Observer {
  phase(text: string): void;
  tick(tick: Tick): void;
  note(text: string): void;
}

export const silent: Observer = { phase: () => {}, tick: () => {}, note: () => {} };

/** What surrounds whatever is measured: where it goes, who looks on, and what must not be in its plan. */
export interface Surroundings {
  /** Folder under which the run's own is made. */
  readonly out: string;
  readonly observer?: Observer;
  /** First abort: end early and keep what was measured. */
  readonly signal?: AbortSignal;
  /** Secrets of external servers, in the order of `plan.external`. They go nowhere else. */
  readonly endpoints?: readonly NodeEndpoint[];
  /** As `plan.addresses`, with their secrets. */
  readonly addresses?: Addresses<NodeEndpoint>;
  /** What an interrupted run exits with. */
  readonly interruptedExitCode?: () => number;
}
