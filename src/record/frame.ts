/**
 * The figures of a worker that shares no memory, as they travel: counters as they stand, and of the response histogram what
 * was added since the last frame. The last frame of all holds every histogram as a whole.
 */
import { latencyNames, type LatencyName } from '../contract/index.js';
import { bucketCount, histogramLength } from './histogram.js';
import { controlAt, type Control, type WorkerColumns } from './shared.js';

/** Buckets that are not zero, with the exact sum and maximum beside them. */
interface SparseCounts {
  readonly at: Uint32Array;
  readonly counts: Float64Array;
  readonly sumNs: number;
  readonly maxNs: number;
}

export interface Frame {
  readonly atNs: number;
  readonly all: Float64Array;
  readonly measured: Float64Array;
  readonly live: Float64Array;
  readonly grantsOf: Float64Array;
  /** Seen by the cells of this worker, so among its own contenders only. */
  readonly doubleGrants: number;
  readonly overstays: number;
  readonly added: SparseCounts | null;
  readonly whole: Readonly<Record<LatencyName, SparseCounts>> | null;
}

/** Makes the frames of one worker. */
export class FrameSource {
  readonly #sent = new Float64Array(histogramLength);

  constructor(
    private readonly columns: WorkerColumns,
    private readonly control: Control,
  ) {}

  next(atNs: number): Frame {
    const { response } = this.columns.histograms;
    const added = sparse(response, this.#sent);
    this.#sent.set(response);
    return { ...this.#counters(atNs), added, whole: null };
  }

  last(atNs: number): Frame {
    const { histograms } = this.columns;
    const whole = Object.fromEntries(latencyNames.map((name) => [name, sparse(histograms[name], null)])) as Record<
      LatencyName,
      SparseCounts
    >;
    return { ...this.#counters(atNs), added: null, whole };
  }

  #counters(atNs: number): Omit<Frame, 'added' | 'whole'> {
    const { all, measured, live, grantsOf } = this.columns;
    const { words } = this.control;
    return {
      atNs,
      all: all.slice(),
      measured: measured.slice(),
      live: live.slice(),
      grantsOf: grantsOf.slice(),
      doubleGrants: words[controlAt.doubleGrants],
      overstays: words[controlAt.overstays],
    };
  }
}

/** Puts the frames of one worker into its columns. The last one may overtake others, which then come to nothing. */
export class FrameSink {
  /** When the figures were taken. */
  atNs = -Infinity;
  #doubleGrants = 0;
  #overstays = 0;

  constructor(
    private readonly columns: WorkerColumns,
    private readonly control: Control,
  ) {}

  put(frame: Frame): void {
    if (frame.atNs < this.atNs) return;
    this.atNs = frame.atNs;
    const { all, measured, live, grantsOf, histograms } = this.columns;
    all.set(frame.all);
    measured.set(frame.measured);
    live.set(frame.live);
    grantsOf.set(frame.grantsOf);
    const { words } = this.control;
    words[controlAt.doubleGrants] += frame.doubleGrants - this.#doubleGrants;
    words[controlAt.overstays] += frame.overstays - this.#overstays;
    this.#doubleGrants = frame.doubleGrants;
    this.#overstays = frame.overstays;
    if (frame.added !== null) add(histograms.response, frame.added);
    if (frame.whole === null) return;
    for (const name of latencyNames) {
      histograms[name].fill(0);
      add(histograms[name], frame.whole[name]);
    }
  }
}

function sparse(now: Float64Array, before: Float64Array | null): SparseCounts {
  const at: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < bucketCount; i += 1) {
    const count = before === null ? now[i] : now[i] - before[i];
    if (count === 0) continue;
    at.push(i);
    counts.push(count);
  }
  return {
    at: Uint32Array.from(at),
    counts: Float64Array.from(counts),
    sumNs: now[bucketCount] - (before?.[bucketCount] ?? 0),
    maxNs: now[bucketCount + 1],
  };
}

function add(to: Float64Array, { at, counts, sumNs, maxNs }: SparseCounts): void {
  for (let i = 0; i < at.length; i += 1) to[at[i]] += counts[i];
  to[bucketCount] += sumNs;
  to[bucketCount + 1] = Math.max(to[bucketCount + 1], maxNs);
}
