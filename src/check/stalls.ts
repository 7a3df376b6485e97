/**
 * Times in which somebody waited for a lock and nobody got it. Only pauses longer than the bound on one key are looked at,
 * and for each whether somebody waited through it: in the rows (a wait that ended in a grant) or in the list of long waits
 * that did not.
 */
import { rowFlags, type CheckContext, type GrantRows, type History, type Wait } from '../contract/index.js';
import { Pauses, type Pause } from './pauses.js';

/** For a busy machine. */
const slackMs = 1000;

/**
 * No lock stays without a grant for longer: the lease of a dead holder, the longest delay between two tries, what the design
 * claims to need for a failover where there was cause for one, and some slack.
 */
export function stallBoundMs({ ttlMs, retryMaxMs, claims }: CheckContext, faults: readonly unknown[]): number {
  return ttlMs + retryMaxMs + (faults.length > 0 ? (claims.recoversMs ?? 0) : 0) + slackMs;
}

/** Why a stall may not be the lock's; null where nothing else is known of. */
export function excuseOf({ standstillMs, lost }: History): string | null {
  if (standstillMs > slackMs) {
    const seconds = (standstillMs / 1e3).toFixed(1);
    return `nobody got the lock for a time, but the harness itself stood still for ${seconds} s`;
  }
  return lost.length > 0 ? `records are missing: ${lost.join('; ')}` : null;
}

/** Looks for the longest time beyond the bound, within these times, in which somebody waited for a key that nobody held. */
export class StallWatch {
  /** Null: none. Of several as long the one that began last, then that of the lowest key. */
  longest: Wait | null = null;
  /** Until when the key was held; -Infinity before its first entry. */
  readonly #heldUntilNs: Float64Array;
  /** Before its first entry a key was free for ever; Infinity: it was not entered yet. */
  readonly #firstNs: Float64Array;
  readonly #pauses: Pauses;
  readonly #toldWaits = new Map<number, Wait[]>();

  constructor(
    { rows, waits }: History,
    private readonly boundNs: number,
    private readonly within: readonly [fromNs: number, toNs: number] = [-Infinity, Infinity],
  ) {
    const keys = waits.reduce((most, { key }) => Math.max(most, key + 1), rows.keys);
    this.#heldUntilNs = new Float64Array(keys).fill(-Infinity);
    this.#pauses = new Pauses(keys);
    this.#firstNs = new Float64Array(keys).fill(Infinity);
    for (const wait of waits) {
      const ofKey = this.#toldWaits.get(wait.key);
      if (ofKey === undefined) this.#toldWaits.set(wait.key, [wait]);
      else ofKey.push(wait);
    }
  }

  rows(rows: GrantRows): void {
    const { boundNs } = this;
    for (let row = 0; row < rows.count; row += 1) {
      const key = rows.key[row];
      const enterNs = rows.enterNs[row];
      const isEntry = (rows.flags[row] & rowFlags.unknown) === 0;
      const freeSinceNs = this.#heldUntilNs[key];
      if (isEntry && enterNs - freeSinceNs > boundNs) this.#pause(key, freeSinceNs, enterNs);
      const waitedNs = rows.acquireUs[row] * 1e3;
      if (waitedNs > boundNs) this.#waited(key, enterNs - waitedNs, enterNs);
      if (isEntry) this.#heldUntilNs[key] = Math.max(freeSinceNs, heldUntilNs(rows, row));
    }
  }

  /** After the last row: nobody got those any more who were waited for. */
  close(): void {
    for (const key of this.#toldWaits.keys()) this.#told(key, { fromNs: this.#heldUntilNs[key], toNs: Infinity });
  }

  #pause(key: number, fromNs: number, toNs: number): void {
    this.#told(key, { fromNs, toNs });
    if (fromNs === -Infinity) {
      this.#firstNs[key] = toNs;
      return;
    }
    const [clippedFromNs, clippedToNs] = [Math.max(fromNs, this.within[0]), Math.min(toNs, this.within[1])];
    if (clippedToNs - clippedFromNs > this.boundNs) this.#pauses.add(key, clippedFromNs, clippedToNs);
  }

  #told(key: number, pause: Pause): void {
    for (const { sinceNs, untilNs } of this.#toldWaits.get(key) ?? []) this.#consider(key, pause, sinceNs, untilNs);
  }

  #waited(key: number, sinceNs: number, untilNs: number): void {
    for (const pause of this.#pauses.after(key, sinceNs)) this.#consider(key, pause, sinceNs, untilNs);
    this.#consider(key, { fromNs: -Infinity, toNs: this.#firstNs[key] }, sinceNs, untilNs);
    // It ended without a grant, and nobody has entered since the last one left.
    this.#consider(key, { fromNs: this.#heldUntilNs[key], toNs: Infinity }, sinceNs, untilNs);
  }

  #consider(key: number, { fromNs, toNs }: Pause, sinceNs: number, untilNs: number): void {
    const stall = {
      key,
      sinceNs: Math.max(fromNs, sinceNs, this.within[0]),
      untilNs: Math.min(toNs, untilNs, this.within[1]),
    };
    const stallNs = stall.untilNs - stall.sinceNs;
    if (stallNs > this.boundNs && isBefore(stall, this.longest)) this.longest = stall;
  }
}

function isBefore(one: Wait, other: Wait | null): boolean {
  if (other === null) return true;
  const longerNs = one.untilNs - one.sinceNs - (other.untilNs - other.sinceNs);
  return longerNs > 0 || (longerNs === 0 && (other.sinceNs - one.sinceNs || one.key - other.key) < 0);
}

/** A holder that never left holds as long as its lease, and one without a lease is taken for dead from its entry. */
function heldUntilNs(rows: GrantRows, row: number): number {
  const validUntilNs = rows.validUntilNs[row];
  if ((rows.flags[row] & rowFlags.open) === 0) return Math.min(rows.leaveNs[row], validUntilNs);
  return validUntilNs === Infinity ? rows.enterNs[row] : validUntilNs;
}
