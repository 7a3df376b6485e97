import { rowFlags, type GrantRows } from '../contract/index.js';

/** Counts grants within the window that went to another contender than the last grant of their key. Rows in the order of entry. */
export class Handoffs {
  count = 0;
  readonly #last: Int32Array;

  constructor(
    keys: number,
    private readonly windowNs: readonly [openNs: number, closeNs: number],
  ) {
    this.#last = new Int32Array(keys).fill(-1);
  }

  rows({ count, key, contender, enterNs, flags }: GrantRows): void {
    const [openNs, closeNs] = this.windowNs;
    for (let row = 0; row < count; row += 1) {
      if ((flags[row] & rowFlags.unknown) !== 0) continue;
      const before = this.#last[key[row]];
      this.#last[key[row]] = contender[row];
      const inWindow = enterNs[row] >= openNs && enterNs[row] < closeNs;
      if (inWindow && before >= 0 && before !== contender[row]) this.count += 1;
    }
  }
}
