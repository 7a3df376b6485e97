/**
 * Times in which nobody held a key: of each key those that somebody who gets it later may have waited through. Who waited through
 * one has waited through all later ones, so one that is no longer than a later one is not needed any more: few are left
 * of a key, in falling length. They are kept in columns, for there may be a million keys.
 */
export interface Pause {
  readonly fromNs: number;
  readonly toNs: number;
}

const none = -1;
/** Of a pause: its times, and the one before it on the same key. */
const fields = { fromNs: 0, toNs: 1, before: 2 } as const;
const pauseFields = 4;
const firstCount = 1024;

export class Pauses {
  /** Of each key where its latest is. */
  readonly #latest: Int32Array;
  #pauses = new Float64Array(firstCount * pauseFields);
  #end = 0;
  /** The first of those that are not needed any more, chained in the same way. */
  #free: number = none;

  constructor(keys: number) {
    this.#latest = new Int32Array(keys).fill(none);
  }

  /** On each key in the order of time. */
  add(key: number, fromNs: number, toNs: number): void {
    const pauses = this.#pauses;
    let latest = this.#latest[key];
    while (latest !== none && pauses[latest + fields.toNs] - pauses[latest + fields.fromNs] <= toNs - fromNs) {
      const before = pauses[latest + fields.before];
      pauses[latest + fields.before] = this.#free;
      this.#free = latest;
      latest = before;
    }
    const place = this.#place();
    this.#pauses[place + fields.fromNs] = fromNs;
    this.#pauses[place + fields.toNs] = toNs;
    this.#pauses[place + fields.before] = latest;
    this.#latest[key] = place;
  }

  /** Those that were not over by then, the latest first. */
  *after(key: number, sinceNs: number): Generator<Pause> {
    const pauses = this.#pauses;
    for (
      let place = this.#latest[key];
      place !== none && pauses[place + fields.toNs] > sinceNs;
      place = pauses[place + fields.before]
    )
      yield { fromNs: pauses[place + fields.fromNs], toNs: pauses[place + fields.toNs] };
  }

  #place(): number {
    if (this.#free !== none) {
      const place = this.#free;
      this.#free = this.#pauses[place + fields.before];
      return place;
    }
    if (this.#end === this.#pauses.length) {
      const wider = new Float64Array(2 * this.#end);
      wider.set(this.#pauses);
      this.#pauses = wider;
    }
    this.#end += pauseFields;
    return this.#end - pauseFields;
  }
}
