/**
 * Everything that one round of one contestant left behind. Rows and histograms lie in files of their own; the rest is
 * `round.json`, so that a run can be judged again without Redis.
 */
import {
  latencyNames,
  type Backlog,
  type Counters,
  type History,
  type LatencyName,
  type NodeFailure,
  type ResourceHistory,
  type RunResult,
  type Resources,
  type SeriesPoint,
} from '../contract/index.js';
import { addHistogram, emptyHistogram } from './histogram.js';

export interface Round {
  /** Label of the contestant. */
  readonly strategy: string;
  readonly round: number;
  /** What lies in files of its own is added by `readHistory`. */
  readonly history: Omit<History, 'rows' | 'resource' | 'trace'>;
  /** The resource in shared memory, where it was there. */
  readonly memory: Extract<ResourceHistory, { kind: 'memory' }> | null;
  /** "master 3", in the order of roles. */
  readonly nodeNames: readonly string[];
  readonly measured: Readonly<Counters>;
  readonly grantsInWindow: number;
  /** Operations that began within the window, whenever they were meant to. */
  readonly startedInWindow: number;
  readonly handoffs: number;
  /** Grants within the window, per contender. */
  readonly grantsOf: readonly number[];
  readonly commands: number;
  readonly roundTrips: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly nodeFailures: readonly NodeFailure[];
  readonly backlog: Backlog;
  readonly orphans: RunResult['orphans'];
  readonly unheld: RunResult['unheld'];
  readonly resources: Resources;
  readonly series: readonly SeriesPoint[];
  readonly incidents: readonly string[];
  readonly clientOptions: Readonly<Record<string, unknown>>;
  readonly interrupted: boolean;
}

export type Histograms = Readonly<Record<LatencyName, Float64Array>>;

export interface RoundData {
  readonly round: Round;
  readonly histograms: Histograms;
  readonly history: History;
  /** Chunks that the disk refused. */
  readonly kept: readonly Uint8Array[];
}

export function mergeHistograms(parts: readonly Histograms[]): Histograms {
  return Object.fromEntries(
    latencyNames.map((name) => {
      const sum = emptyHistogram();
      for (const part of parts) addHistogram(sum, part[name]);
      return [name, sum];
    }),
  ) as Histograms;
}
