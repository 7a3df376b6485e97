/** Locks of holders that died inside, and how long they kept others out. Pure. */
import { rowFlags, type History, type RunResult } from '../contract/index.js';

export function orphansOf({ rows, windowNs }: Pick<History, 'rows' | 'windowNs'>): RunResult['orphans'] {
  let count = 0;
  let longestNs = 0;
  for (let row = 0; row < rows.count; row += 1) {
    if ((rows.flags[row] & rowFlags.open) === 0) continue;
    count += 1;
    longestNs = Math.max(longestNs, nextEntryNs(rows, row, windowNs[1]) - rows.leaveNs[row]);
  }
  return { count, longestMs: longestNs / 1e6 };
}

/** Until the window closes, where nobody got it any more. */
function nextEntryNs(rows: History['rows'], dead: number, closeNs: number): number {
  let next = closeNs;
  for (let row = 0; row < rows.count; row += 1) {
    const entered = rows.key[row] === rows.key[dead] && rows.enterNs[row] > rows.leaveNs[dead];
    if (entered && (rows.flags[row] & rowFlags.unknown) === 0) next = Math.min(next, rows.enterNs[row]);
  }
  return Math.max(next, rows.leaveNs[dead]);
}
