/**
 * All that a worker and the main thread say to each other. The figures of a thread do not travel here: they lie in shared
 * memory. Those of a process do, in frames.
 */
import type {
  Backlog,
  ContenderAction,
  ErrorData,
  FaultEvent,
  NodeFailure,
  Plan,
  StrategyPlan,
  Wait,
} from '../contract/index.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Frame } from '../record/frame.js';
import type { SharedBuffers } from '../record/shared.js';
import type { ResourceAddress } from '../resource/frames.js';

/** What a worker is started with, enough to load all that it needs. The first message to a process. */
export interface Errand {
  readonly strategy: Pick<StrategyPlan, 'name' | 'file' | 'engine' | 'client'>;
  /** Names of plug-ins. */
  readonly load: string;
  readonly workload: string;
}

/** What it then has to do, told when the servers are there. */
export interface WorkerTask {
  readonly index: number;
  readonly plan: Plan;
  readonly strategy: StrategyPlan;
  readonly endpoints: readonly NodeEndpoint[];
  readonly shared: SharedBuffers;
  readonly historyFile: string;
  /** Null: there is none, or it is in shared memory. */
  readonly resource: ResourceAddress | null;
  /** Null: no trace is kept. */
  readonly traceFile: string | null;
  /** Tells this run from its repeats, so that each draws other random numbers. */
  readonly round: number;
}

/** The task of a process of its own, which shares no memory. The second message: by pipe, for it may hold a password. */
export type ProcessTask = Omit<WorkerTask, 'shared'>;

export type WindowNs = readonly [openNs: number, closeNs: number];

export type ToWorker =
  | { readonly kind: 'go'; readonly windowNs: WindowNs }
  /** It ends earlier than was said. In shared memory it is seen there. */
  | { readonly kind: 'window'; readonly windowNs: WindowNs }
  /** No new cycles, and no more waiting. */
  | { readonly kind: 'stop' }
  | {
      readonly kind: 'arm';
      readonly id: number;
      readonly event: FaultEvent;
      readonly nth: number;
      readonly action: ContenderAction;
    }
  /** Answered by 'disarmed', unless it has struck. */
  | { readonly kind: 'disarm'; readonly id: number }
  | { readonly kind: 'let-go'; readonly id: number }
  | { readonly kind: 'step-wall-clock'; readonly id: number; readonly byMs: number };

/** Who was struck. */
export interface Struck {
  readonly contender: number;
  /** "w0.3" */
  readonly name: string;
  /** Without the prefix of the run. */
  readonly key: string;
  readonly token: string | null;
  readonly validUntilMs: number | null;
}

export type FromWorker =
  | { readonly kind: 'ready'; readonly clientOptions: Readonly<Record<string, unknown>> }
  | { readonly kind: 'failed'; readonly error: ErrorData }
  /** An error that nobody caught; the process ends. */
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'done'; readonly report: WorkerReport; readonly figures: Frame | null }
  | { readonly kind: 'caught'; readonly id: number; readonly struck: Struck }
  | { readonly kind: 'disarmed'; readonly id: number }
  | { readonly kind: 'over'; readonly id: number; readonly stoodStillMs: number; readonly outcome: string }
  /** Its last word. */
  | {
      readonly kind: 'crashed';
      readonly id: number;
      readonly struck: Struck;
      readonly report: WorkerReport;
      readonly figures: Frame | null;
    }
  | { readonly kind: 'stepped'; readonly id: number; readonly movedMs: number };

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
  /** CPU of the thread that paces it; null where there is none. */
  readonly pacerCpuNs: number | null;
  /** Releases still owed when the patience for them ended. */
  readonly unsettled: number;
  readonly nodeFailures: readonly NodeFailure[];
  /** The first error of each kind that the strategy threw, in words. */
  readonly errorSamples: readonly string[];
}
