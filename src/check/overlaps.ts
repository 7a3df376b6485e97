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

export class OverlapSweep {
  /** Both leases were valid, so the lock is broken. Each lease counts once, however many were let in while it was valid. */
  brokenLeases = 0;
  /** Entries that met one who had outlived its lease: the program is. */
  overstays = 0;
  /** The first of each. */
  readonly broken: BrokenLease[] = [];
  readonly overstayed: Overlap[] = [];
  /** For each key two sections, side by side: who stays valid longest, and who leaves last. See `at`. */
  readonly #inside: Float64Array;
  /** Keys on which the longest valid lease is broken; null where that is counted, but not kept. */
  readonly #brokenOf = new Map<number, BrokenLease | null>();

  /** `onFound` is told the time of each, in order. */
  constructor(
    keys: number,
    private readonly onFound: (atNs: number) => void = () => {},
  ) {
    this.#inside = new Float64Array(keys * keyFields).fill(-Infinity);
  }

  rows(rows: GrantRows): void {
    const inside = this.#inside;
    for (let row = 0; row < rows.count; row += 1) {
      if ((rows.flags[row] & rowFlags.unknown) !== 0) continue;
      const key = rows.key[row];
      const enterNs = rows.enterNs[row];
      const leaveNs = rows.leaveNs[row];
      const validUntilNs = rows.validUntilNs[row];
      const longest = key * keyFields;
      const last = longest + sectionFields;
      const longestNs = Math.min(inside[longest + at.leaveNs], inside[longest + at.validUntilNs]);
      if (validUntilNs > enterNs && longestNs > enterNs) this.#doubleGrant(rows, row);
      else if (inside[last + at.leaveNs] > enterNs && inside[last + at.validUntilNs] <= enterNs)
        this.#overstay(rows, row);
      // The end of that part of the section which the lease covers.
      if (Math.min(leaveNs, validUntilNs) > longestNs) {
        this.#put(longest, rows, row);
        if (this.#brokenOf.size > 0) this.#brokenOf.delete(key);
      }
      if (leaveNs > inside[last + at.leaveNs]) this.#put(last, rows, row);
    }
  }

  #doubleGrant(rows: GrantRows, row: number): void {
    const key = rows.key[row];
    const known = this.#brokenOf.get(key);
    if (known !== undefined) {
      if (known !== null) known.entered += 1;
      return;
    }
    this.brokenLeases += 1;
    this.onFound(rows.enterNs[row]);
    const lease = { inside: this.#get(key, key * keyFields), entering: sectionOf(rows, row), entered: 1 };
    const kept = this.broken.length < keptLimit;
    if (kept) this.broken.push(lease);
    this.#brokenOf.set(key, kept ? lease : null);
  }

  #overstay(rows: GrantRows, row: number): void {
    this.overstays += 1;
    this.onFound(rows.enterNs[row]);
    if (this.overstayed.length === keptLimit) return;
    const key = rows.key[row];
    this.overstayed.push({ inside: this.#get(key, key * keyFields + sectionFields), entering: sectionOf(rows, row) });
  }

  #put(section: number, rows: GrantRows, row: number): void {
    const inside = this.#inside;
    inside[section + at.enterNs] = rows.enterNs[row];
    inside[section + at.leaveNs] = rows.leaveNs[row];
    inside[section + at.validUntilNs] = rows.validUntilNs[row];
    inside[section + at.who] = rows.contender[row] * flagValues + rows.flags[row];
  }

  #get(key: number, section: number): Section {
    const inside = this.#inside;
    const who = inside[section + at.who];
    return {
      key,
      contender: Math.floor(who / flagValues),
      enterNs: inside[section + at.enterNs],
      leaveNs: inside[section + at.leaveNs],
      validUntilNs: inside[section + at.validUntilNs],
      flags: who % flagValues,
    };
  }
}

/** Fields of a section; all of a key lie in one line of the processor's cache. */
const at = { enterNs: 0, leaveNs: 1, validUntilNs: 2, who: 3 } as const;
const sectionFields = 4;
const keyFields = 2 * sectionFields;
/** Contender and flags, of 16 bits each, are one field. */
const flagValues = 2 ** 16;

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
