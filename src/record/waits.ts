/**
 * Waits that the rows of grants do not tell: those that ended without a grant, and those that took several attempts. Who
 * asks for the same key again and again has waited since the first time. Only the longest are kept.
 */
import type { Wait } from '../contract/index.js';

const kept = 64;
/** Who thinks for longer between two attempts has not waited meanwhile. */
const chainNs = 100e6;

export class WaitLog {
  readonly #going = new Map<number, { key: number; sinceNs: number; untilNs: number }>();
  #longest: Wait[] = [];

  /** An attempt of a contender has ended. */
  attempt(contender: number, key: number, startNs: number, endNs: number, granted: boolean): void {
    let going = this.#going.get(contender);
    if (going !== undefined && (going.key !== key || startNs - going.untilNs > chainNs)) {
      this.#end(contender);
      going = undefined;
    }
    if (going === undefined) {
      if (granted) return;
      this.#going.set(contender, { key, sinceNs: startNs, untilNs: endNs });
      return;
    }
    going.untilNs = endNs;
    if (granted) this.#end(contender);
  }

  list(): readonly Wait[] {
    for (const contender of this.#going.keys()) this.#end(contender);
    return this.#longest;
  }

  #end(contender: number): void {
    const { key, sinceNs, untilNs } = this.#going.get(contender)!;
    this.#going.delete(contender);
    this.#longest.push({ key, sinceNs, untilNs });
    if (this.#longest.length < 2 * kept) return;
    this.#longest.sort((a, b) => b.untilNs - b.sinceNs - (a.untilNs - a.sinceNs));
    this.#longest = this.#longest.slice(0, kept);
  }
}
