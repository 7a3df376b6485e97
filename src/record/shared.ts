/**
 * The shared memory of one run: what workers write and the main thread reads while they run. Plain buffers travel to the
 * workers; every side makes its own views of them.
 */
import { latencyNames, type LatencyName } from '../contract/index.js';
import { counterNames } from './counters.js';
import { histogramLength } from './histogram.js';

export interface SharedBuffers {
  readonly control: SharedArrayBuffer;
  readonly keys: SharedArrayBuffer;
  readonly resource: SharedArrayBuffer;
  readonly conflicts: SharedArrayBuffer;
  readonly workers: readonly SharedArrayBuffer[];
}

export interface SharedShape {
  readonly workers: number;
  readonly contenders: number;
  readonly keys: number;
}

/** How many conflicts the cells keep in full; all are counted. */
export const conflictLimit = 64;
/** key, atNs, inside, entering, insideValid */
export const conflictFields = 5;

export interface Control {
  /** Monotonic ns; Infinity until decided. The close may move forward when the run ends early. */
  readonly window: Float64Array;
  /** See `controlAt`. */
  readonly words: Int32Array;
}

export const controlAt = { grantsLeft: 0, conflictCount: 1, doubleGrants: 2, overstays: 3 } as const;
export const windowAt = { openNs: 0, closeNs: 1, originNs: 2 } as const;

/** One entry for each key in each column. Times are tenths of a ms from the origin: 59 hours in 31 bits. */
export interface KeyColumns {
  /** Contender inside plus one; 0: free. */
  readonly owner: Int32Array;
  /** End of the validity of who is inside; 0: not yet told. */
  readonly deadline: Int32Array;
}

/** What one worker counts and measures. */
export interface WorkerColumns {
  readonly all: Float64Array;
  readonly measured: Float64Array;
  /** See `liveAt`. */
  readonly live: Float64Array;
  readonly histograms: Readonly<Record<LatencyName, Float64Array>>;
  /** Grants within the window, for each contender of this worker. */
  readonly grantsOf: Float64Array;
}

export const liveAt = {
  grantsInWindow: 0,
  /** Operations that began within the window, whenever they were meant to. */
  startedInWindow: 1,
  lastIntendedNs: 2,
  /** Operations of the sample whose outcome is not known yet. */
  pending: 3,
} as const;
const liveLength = 4;

const doubleBytes = 8;
const wordBytes = 4;
const fixedLength = 2 * counterNames.length + liveLength + latencyNames.length * histogramLength;

export function allocateShared(shape: SharedShape): SharedBuffers {
  return {
    control: new SharedArrayBuffer(4 * doubleBytes + 8 * wordBytes),
    keys: new SharedArrayBuffer(2 * shape.keys * wordBytes),
    resource: new SharedArrayBuffer(shape.keys * wordBytes),
    conflicts: new SharedArrayBuffer(conflictLimit * conflictFields * doubleBytes),
    workers: Array.from(
      { length: shape.workers },
      () => new SharedArrayBuffer((fixedLength + shape.contenders) * doubleBytes),
    ),
  };
}

/** The memory of a worker that shares none: its own columns, whatever its number. */
export function allocateOwn(shape: SharedShape, worker: number): SharedBuffers {
  const own = allocateShared({ ...shape, workers: 1 });
  return { ...own, workers: Array.from({ length: worker + 1 }, () => own.workers[0]) };
}

export function controlOf(buffers: SharedBuffers): Control {
  return { window: new Float64Array(buffers.control, 0, 4), words: new Int32Array(buffers.control, 4 * doubleBytes) };
}

export function keyColumns(buffers: SharedBuffers): KeyColumns {
  const keys = buffers.keys.byteLength / wordBytes / 2;
  const column = (n: number): Int32Array => new Int32Array(buffers.keys, n * keys * wordBytes, keys);
  return { owner: column(0), deadline: column(1) };
}

export function workerColumns(buffer: SharedArrayBuffer): WorkerColumns {
  let next = 0;
  const take = (length: number): Float64Array => {
    const view = new Float64Array(buffer, next * doubleBytes, length);
    next += length;
    return view;
  };
  const all = take(counterNames.length);
  const measured = take(counterNames.length);
  const live = take(liveLength);
  const histograms = Object.fromEntries(latencyNames.map((name) => [name, take(histogramLength)])) as Record<
    LatencyName,
    Float64Array
  >;
  const grantsOf = take(buffer.byteLength / doubleBytes - fixedLength);
  return { all, measured, live, histograms, grantsOf };
}
