/** Locks of holders that died inside, and how long they kept others out. Pure. */
import { rowFlags, type GrantRows, type RunResult } from '../contract/index.js';

interface Dead {
  readonly key: number;
  readonly contender: number;
  readonly leftNs: number;
}

/** Rows in the order of entry. */
export class Orphans {
  readonly dead: Dead[] = [];
  /** Those whose key nobody has entered since. */
  #waiting: Dead[] = [];
  #longestNs = 0;

  constructor(private readonly closeNs: number) {}

  rows({ count, key, contender, enterNs, leaveNs, flags }: GrantRows): void {
    for (let row = 0; row < count; row += 1) {
      if (this.#waiting.length > 0 && (flags[row] & rowFlags.unknown) === 0) this.#enters(key[row], enterNs[row]);
      if ((flags[row] & rowFlags.open) === 0) continue;
      const one = { key: key[row], contender: contender[row], leftNs: leaveNs[row] };
      this.dead.push(one);
      this.#waiting.push(one);
    }
  }

  /** Until the window closes, where nobody got it any more. */
  result(): RunResult['orphans'] {
    for (const key of new Set(this.#waiting.map((one) => one.key))) this.#enters(key, Infinity);
    return { count: this.dead.length, longestMs: this.#longestNs / 1e6 };
  }

  #enters(key: number, enterNs: number): void {
    this.#waiting = this.#waiting.filter((one) => {
      if (one.key !== key || enterNs <= one.leftNs) return true;
      this.#longestNs = Math.max(this.#longestNs, Math.min(enterNs, this.closeNs) - one.leftNs);
      return false;
    });
  }
}
