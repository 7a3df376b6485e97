/**
 * The witness inside one process: a cell for each key that holds who is inside and until when its lease is valid. It is
 * entered by compare-and-swap, so two inside are seen without any clock; clocks only tell whose fault it is.
 */
import type { CellConflict } from '../contract/index.js';
import {
  conflictFields,
  conflictLimit,
  controlAt,
  controlOf,
  keyColumns,
  windowAt,
  type Control,
  type KeyColumns,
  type SharedBuffers,
} from './shared.js';

const never = 0x7fffffff;
/** How often the deadline of one who has just entered is looked for again before it is taken as valid. */
const looks = 1000;

export class ExclusionCells {
  readonly #keys: KeyColumns;
  readonly #control: Control;
  readonly #conflicts: Float64Array;
  readonly #originNs: number;

  constructor(
    buffers: SharedBuffers,
    /** A guarded holder does nothing after its validity, so meeting it there is no overstay. */
    private readonly guarded: boolean,
  ) {
    this.#keys = keyColumns(buffers);
    this.#control = controlOf(buffers);
    this.#conflicts = new Float64Array(buffers.conflicts);
    this.#originNs = this.#control.window[windowAt.originNs];
  }

  /** `nowNs` and `validUntilNs` on the monotonic clock. */
  enter(key: number, contender: number, nowNs: number, validUntilNs: number): void {
    const { owner, deadline } = this.#keys;
    const inside = Atomics.compareExchange(owner, key, 0, contender + 1);
    if (inside !== 0) {
      if (validUntilNs > nowNs) this.#conflict(key, inside - 1, contender, nowNs);
      Atomics.store(owner, key, contender + 1);
    }
    Atomics.store(deadline, key, this.#tenths(validUntilNs));
  }

  extend(key: number, contender: number, validUntilNs: number): void {
    if (Atomics.load(this.#keys.owner, key) === contender + 1)
      Atomics.store(this.#keys.deadline, key, this.#tenths(validUntilNs));
  }

  leave(key: number, contender: number): void {
    const { owner, deadline } = this.#keys;
    if (Atomics.load(owner, key) !== contender + 1) return;
    Atomics.store(deadline, key, 0);
    Atomics.compareExchange(owner, key, contender + 1, 0);
  }

  #conflict(key: number, inside: number, entering: number, nowNs: number): void {
    let until = Atomics.load(this.#keys.deadline, key);
    for (let look = 0; until === 0 && look < looks; look += 1) {
      if (Atomics.load(this.#keys.owner, key) !== inside + 1) return;
      until = Atomics.load(this.#keys.deadline, key);
    }
    // Still 0: it has only just entered.
    const insideValid = until === 0 || until > this.#tenths(nowNs);
    if (!insideValid && this.guarded) return;
    Atomics.add(this.#control.words, insideValid ? controlAt.doubleGrants : controlAt.overstays, 1);
    const slot = Atomics.add(this.#control.words, controlAt.conflictCount, 1);
    if (slot < conflictLimit)
      this.#conflicts.set([key, nowNs, inside, entering, insideValid ? 1 : 0], slot * conflictFields);
  }

  #tenths(ns: number): number {
    return ns === Infinity ? never : Math.min(never, Math.max(1, Math.floor((ns - this.#originNs) / 1e5)));
  }
}

/** What the cells saw, for the history. */
export function readConflicts(buffers: SharedBuffers): {
  doubleGrants: number;
  overstays: number;
  conflicts: CellConflict[];
} {
  const { words } = controlOf(buffers);
  const fields = new Float64Array(buffers.conflicts);
  const kept = Math.min(conflictLimit, words[controlAt.conflictCount]);
  const conflicts = Array.from({ length: kept }, (_, slot) => {
    const [key, atNs, insideContender, enteringContender, valid] = fields.subarray(slot * conflictFields);
    return { key, atNs, insideContender, enteringContender, insideValid: valid === 1 };
  });
  return { doubleGrants: words[controlAt.doubleGrants], overstays: words[controlAt.overstays], conflicts };
}
