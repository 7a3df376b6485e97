import { rowFlags, type GrantRows } from '../contract/index.js';

/** Grants within the window that went to another contender than the last grant of their key. */
export function countHandoffs(rows: GrantRows, openNs: number, closeNs: number): number {
  const order = new Uint32Array(rows.count).map((_, row) => row).sort((a, b) => rows.enterNs[a] - rows.enterNs[b]);
  const last = new Map<number, number>();
  let handoffs = 0;
  for (const row of order) {
    if ((rows.flags[row] & rowFlags.unknown) !== 0) continue;
    const before = last.get(rows.key[row]);
    last.set(rows.key[row], rows.contender[row]);
    const inWindow = rows.enterNs[row] >= openNs && rows.enterNs[row] < closeNs;
    if (inWindow && before !== undefined && before !== rows.contender[row]) handoffs += 1;
  }
  return handoffs;
}
