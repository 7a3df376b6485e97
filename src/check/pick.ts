/** Some of the rows, as columns: to draw two grants without all that others did meanwhile. */
import type { GrantRows, ResourceRows } from '../contract/index.js';

export function pickGrants(rows: GrantRows, at: readonly number[]): GrantRows {
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

export function pickOperations(rows: ResourceRows, at: readonly number[]): ResourceRows {
  return {
    count: at.length,
    atNs: Float64Array.from(at, (row) => rows.atNs[row]),
    key: Uint32Array.from(at, (row) => rows.key[row]),
    contender: Uint16Array.from(at, (row) => rows.contender[row]),
    grant: Uint32Array.from(at, (row) => rows.grant[row]),
    op: Uint8Array.from(at, (row) => rows.op[row]),
    item: Float64Array.from(at, (row) => rows.item[row]),
    value: Float64Array.from(at, (row) => rows.value[row]),
    fence: BigInt64Array.from(at, (row) => rows.fence[row]),
  };
}
