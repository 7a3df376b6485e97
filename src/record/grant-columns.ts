/** Columns for the rows of grants: empty ones, the first so many of them, and a whole history in memory. */
import { duringLimit, rowFlags, type GrantHistory, type GrantRows } from '../contract/index.js';

export function grantColumns(count: number): GrantRows {
  return {
    count,
    enterNs: new Float64Array(count),
    leaveNs: new Float64Array(count),
    validUntilNs: new Float64Array(count),
    sendDelayUs: new Uint32Array(count),
    acquireUs: new Uint32Array(count),
    releaseUs: new Uint32Array(count),
    key: new Uint32Array(count),
    contender: new Uint16Array(count),
    flags: new Uint16Array(count),
  };
}

export function firstRows(rows: GrantRows, count: number): GrantRows {
  return {
    count,
    enterNs: rows.enterNs.subarray(0, count),
    leaveNs: rows.leaveNs.subarray(0, count),
    validUntilNs: rows.validUntilNs.subarray(0, count),
    sendDelayUs: rows.sendDelayUs.subarray(0, count),
    acquireUs: rows.acquireUs.subarray(0, count),
    releaseUs: rows.releaseUs.subarray(0, count),
    key: rows.key.subarray(0, count),
    contender: rows.contender.subarray(0, count),
    flags: rows.flags.subarray(0, count),
  };
}

export function pickRows(rows: GrantRows, at: ArrayLike<number>): GrantRows {
  return {
    count: at.length,
    enterNs: Float64Array.from(at, (row) => rows.enterNs[row]),
    leaveNs: Float64Array.from(at, (row) => rows.leaveNs[row]),
    validUntilNs: Float64Array.from(at, (row) => rows.validUntilNs[row]),
    sendDelayUs: Uint32Array.from(at, (row) => rows.sendDelayUs[row]),
    acquireUs: Uint32Array.from(at, (row) => rows.acquireUs[row]),
    releaseUs: Uint32Array.from(at, (row) => rows.releaseUs[row]),
    key: Uint32Array.from(at, (row) => rows.key[row]),
    contender: Uint16Array.from(at, (row) => rows.contender[row]),
    flags: Uint16Array.from(at, (row) => rows.flags[row]),
  };
}

/** A history that is in memory already: of a simulated run. */
export function grantsInMemory(rows: GrantRows): GrantHistory {
  const order = new Uint32Array(rows.count).map((_, row) => row).sort((a, b) => rows.enterNs[a] - rows.enterNs[b]);
  const ordered = pickRows(rows, order);
  return {
    count: rows.count,
    keys: rows.key.reduce((most, key) => Math.max(most, key + 1), 0),
    blocks: () => [ordered],
    during: (key, fromNs, toNs) => {
      const found: number[] = [];
      for (let row = 0; row < ordered.count; row += 1) {
        if (ordered.key[row] !== key || (ordered.flags[row] & rowFlags.unknown) !== 0) continue;
        if (ordered.enterNs[row] <= toNs && ordered.leaveNs[row] >= fromNs) found.push(row);
      }
      return pickRows(ordered, firstAndLast(found));
    },
  };
}

/** Of more than `duringLimit`. */
export function firstAndLast<T>(all: readonly T[]): readonly T[] {
  const half = duringLimit / 2;
  return all.length <= duringLimit ? all : [...all.slice(0, half), ...all.slice(-half)];
}
