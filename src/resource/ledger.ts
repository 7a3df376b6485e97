/**
 * What the lock protects, as a state machine: items of each key, and the highest fencing token seen there. Operations are
 * applied one after another in the order of their arrival, which is what makes it the judge of everything above it.
 *
 * Fencing after Kleppmann, "How to do distributed locking" (2016): the resource refuses a token lower than one that it has
 * seen. Where only writes show theirs, a delayed write may still fall between a newer holder's read and its write; where
 * reads show theirs too, it may not.
 */
import { resourceOps, type Fencing } from '../contract/index.js';

export interface Operation {
  readonly write: boolean;
  readonly key: number;
  readonly contender: number;
  /** Which grant of this contender. */
  readonly grant: number;
  readonly item: number;
  /** To be written; of no meaning for a read. */
  readonly value: number;
  /** -1: the design mints no tokens. Lower than any token, so it is refused once one has been seen. */
  readonly fence: bigint;
}

export interface Outcome {
  /** See `resourceOps`. */
  readonly op: number;
  /** Written, or found by a read; NaN where it was refused. */
  readonly value: number;
}

interface KeyState {
  readonly items: Map<number, number>;
  highestFence: bigint;
}

const refusedWrite: Outcome = { op: resourceOps.refusedWrite, value: NaN };
const refusedRead: Outcome = { op: resourceOps.refusedRead, value: NaN };

export class Ledger {
  readonly #keys = new Map<number, KeyState>();

  constructor(private readonly fencing: Fencing) {}

  apply(operation: Operation): Outcome {
    const state = this.#stateOf(operation.key);
    const shows = this.fencing === 'reads+writes' || (this.fencing === 'writes' && operation.write);
    if (shows) {
      if (operation.fence < state.highestFence) return operation.write ? refusedWrite : refusedRead;
      state.highestFence = operation.fence;
    }
    if (!operation.write) return { op: resourceOps.read, value: state.items.get(operation.item) ?? 0 };
    state.items.set(operation.item, operation.value);
    return { op: resourceOps.write, value: operation.value };
  }

  #stateOf(key: number): KeyState {
    let state = this.#keys.get(key);
    if (state === undefined) this.#keys.set(key, (state = { items: new Map(), highestFence: -1n }));
    return state;
  }
}
