/** From the records of one slice to its counts. Pure. */
import { OverlapSweep } from '../../src/check/overlaps.js';
import { rowFlags, type GrantHistory } from '../../src/contract/index.js';
import { Handoffs } from '../../src/record/handoffs.js';
import { jainIndex, starvedCount } from '../../src/stats/fairness.js';
import type { SliceFigures } from './measured.js';

export interface RowFigures extends Pick<SliceFigures, 'cycles' | 'handoffs' | 'violations' | 'jain' | 'starved'> {
  /** Of the whole slice. */
  readonly grants: number;
}

export function figuresOfRows(
  history: GrantHistory,
  window: readonly [openNs: number, closeNs: number],
  contenders: number,
): RowFigures {
  const [openNs, closeNs] = window;
  const within = (ns: number): boolean => ns >= openNs && ns < closeNs;
  const grantsOf = new Float64Array(contenders);
  const handoffs = new Handoffs(history.keys, window);
  const sweep = new OverlapSweep(history.keys);
  let grants = 0;
  let ended = 0;
  for (const rows of history.blocks()) {
    handoffs.rows(rows);
    sweep.rows(rows);
    for (let row = 0; row < rows.count; row += 1) {
      const flags = rows.flags[row]!;
      if ((flags & rowFlags.unknown) !== 0) continue;
      grants += 1;
      if (within(rows.enterNs[row]!)) {
        ended += 1;
        grantsOf[rows.contender[row]!]! += 1;
      }
      const released = (flags & (rowFlags.open | rowFlags.releaseUnknown | rowFlags.releaseLost)) === 0;
      if (released && within(rows.leaveNs[row]! + rows.releaseUs[row]! * 1000)) ended += 1;
    }
  }
  const shares = [...grantsOf];
  return {
    grants,
    cycles: ended / 2,
    handoffs: handoffs.count,
    violations: sweep.brokenLeases,
    jain: jainIndex(shares),
    starved: starvedCount(shares),
  };
}
