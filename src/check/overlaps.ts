/**
 * Finds the entries that met somebody inside, from recorded intervals alone. One sweep over the rows in order of entry: for
 * each key it suffices to remember who inside stays valid longest and who leaves last.
 *
 * Rows tell [enter, leave] of the critical section and the validity of the lease. Rows of unknown acquires are no entries.
 */
import { rowFlags, type GrantRows, type History } from '../contract/index.js';

/** What is kept of a row. */
export interface Section {
  readonly key: number;
  readonly contender: number;
  readonly enterNs: number;
  readonly leaveNs: number;
  readonly validUntilNs: number;
  readonly flags: number;
}

export interface Overlap {
  /** Who entered. */
  readonly entering: Section;
  readonly inside: Section;
}

/** A lease that somebody else was granted the lock under, and how many were. */
export interface BrokenLease extends Overlap {
  entered: number;
}

/** So many are kept to be told; all are counted. */
const keptLimit = 16;
const nobody = -1;
const notKept = -2;

export class OverlapSweep {
  /** Both leases were valid, so the lock is broken. Each lease counts once, however many were let in while it was valid. */
  brokenLeases = 0;
  /** Entries that met one who had outlived its lease: the program is. */
  overstays = 0;
  /** The first of each. */
  readonly broken: BrokenLease[] = [];
  readonly overstayed: Overlap[] = [];
  readonly #longestValid: SectionOfKey;
  readonly #lastToLeave: SectionOfKey;
  /** For each key, where in `broken` the lease of `#longestValid` is. */
  readonly #brokenAt: Int32Array;

  /** `onFound` is told the time of each, in order. */
  constructor(
    keys: number,
    private readonly onFound: (atNs: number) => void = () => {},
  ) {
    this.#longestValid = new SectionOfKey(keys);
    this.#lastToLeave = new SectionOfKey(keys);
    this.#brokenAt = new Int32Array(keys).fill(nobody);
  }

  rows(rows: GrantRows): void {
    const [longest, last] = [this.#longestValid, this.#lastToLeave];
    for (let row = 0; row < rows.count; row += 1) {
      if ((rows.flags[row] & rowFlags.unknown) !== 0) continue;
      const key = rows.key[row];
      const enterNs = rows.enterNs[row];
      const leaveNs = rows.leaveNs[row];
      const validUntilNs = rows.validUntilNs[row];
      const longestNs = Math.min(longest.leaveNs[key], longest.validUntilNs[key]);
      if (validUntilNs > enterNs && longestNs > enterNs) this.#doubleGrant(rows, row);
      else if (last.leaveNs[key] > enterNs && last.validUntilNs[key] <= enterNs) this.#overstay(rows, row);
      // The end of that part of the section which the lease covers.
      if (Math.min(leaveNs, validUntilNs) > longestNs) {
        longest.set(rows, row);
        this.#brokenAt[key] = nobody;
      }
      if (leaveNs > last.leaveNs[key]) last.set(rows, row);
    }
  }

  #doubleGrant(rows: GrantRows, row: number): void {
    const key = rows.key[row];
    const at = this.#brokenAt[key];
    if (at >= 0) this.broken[at].entered += 1;
    if (at !== nobody) return;
    this.brokenLeases += 1;
    this.onFound(rows.enterNs[row]);
    this.#brokenAt[key] = this.broken.length < keptLimit ? this.broken.length : notKept;
    if (this.broken.length < keptLimit)
      this.broken.push({ inside: this.#longestValid.get(key), entering: sectionOf(rows, row), entered: 1 });
  }

  #overstay(rows: GrantRows, row: number): void {
    this.overstays += 1;
    this.onFound(rows.enterNs[row]);
    if (this.overstayed.length < keptLimit)
      this.overstayed.push({ inside: this.#lastToLeave.get(rows.key[row]), entering: sectionOf(rows, row) });
  }
}

/** One section for each key, in columns. */
class SectionOfKey {
  readonly #contender: Uint16Array;
  readonly #enterNs: Float64Array;
  /** -Infinity: there is none yet. */
  readonly leaveNs: Float64Array;
  readonly validUntilNs: Float64Array;
  readonly #flags: Uint16Array;

  constructor(keys: number) {
    this.#contender = new Uint16Array(keys);
    this.#enterNs = new Float64Array(keys);
    this.leaveNs = new Float64Array(keys).fill(-Infinity);
    this.validUntilNs = new Float64Array(keys).fill(-Infinity);
    this.#flags = new Uint16Array(keys);
  }

  set(rows: GrantRows, row: number): void {
    const key = rows.key[row];
    this.#contender[key] = rows.contender[row];
    this.#enterNs[key] = rows.enterNs[row];
    this.leaveNs[key] = rows.leaveNs[row];
    this.validUntilNs[key] = rows.validUntilNs[row];
    this.#flags[key] = rows.flags[row];
  }

  get(key: number): Section {
    return {
      key,
      contender: this.#contender[key],
      enterNs: this.#enterNs[key],
      leaveNs: this.leaveNs[key],
      validUntilNs: this.validUntilNs[key],
      flags: this.#flags[key],
    };
  }
}

export function sectionOf(rows: GrantRows, row: number): Section {
  return {
    key: rows.key[row],
    contender: rows.contender[row],
    enterNs: rows.enterNs[row],
    leaveNs: rows.leaveNs[row],
    validUntilNs: rows.validUntilNs[row],
    flags: rows.flags[row],
  };
}

/** `+1.234567 s` from the opening of the window. */
export function since(history: Pick<History, 'windowNs'>, atNs: number): string {
  const s = (atNs - history.windowNs[0]) / 1e9;
  return `${s < 0 ? '-' : '+'}${Math.abs(s).toFixed(6)} s`;
}

export function ms(ns: number): string {
  return `${(ns / 1e6).toFixed(3)} ms`;
}
