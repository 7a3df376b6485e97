/** From the records of one slice to its counts. Pure. */
import { rowFlags, type GrantRows } from '../../src/contract/index.js';
import { countHandoffs } from '../../src/record/handoffs.js';
import { jainIndex, starvedCount } from '../../src/stats/fairness.js';
import type { SliceFigures } from './measured.js';

export interface RowFigures extends Pick<SliceFigures, 'cycles' | 'handoffs' | 'violations' | 'jain' | 'starved'> {
  /** Of the whole slice. */
  readonly grants: number;
}

export function figuresOfRows(
  rows: GrantRows,
  [openNs, closeNs]: readonly [number, number],
  contenders: number,
): RowFigures {
  const within = (ns: number): boolean => ns >= openNs && ns < closeNs;
  const grantsOf = new Float64Array(contenders);
  let grants = 0;
  let ended = 0;
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
  const shares = [...grantsOf];
  return {
    grants,
    cycles: ended / 2,
    handoffs: countHandoffs(rows, openNs, closeNs),
    violations: countViolations(rows),
    jain: jainIndex(shares),
    starved: starvedCount(shares),
  };
}

/** Entries while another was inside with a valid lease. Beyond that it is the program that overstays. */
function countViolations(rows: GrantRows): number {
  const granted = Array.from({ length: rows.count }, (_, row) => row).filter(
    (row) => (rows.flags[row]! & rowFlags.unknown) === 0,
  );
  granted.sort((a, b) => rows.enterNs[a]! - rows.enterNs[b]!);
  const holders = new Map<number, { readonly who: number; readonly untilNs: number }>();
  let violations = 0;
  for (const row of granted) {
    const key = rows.key[row]!;
    const who = rows.contender[row]!;
    const holder = holders.get(key);
    if (holder !== undefined && holder.who !== who && rows.enterNs[row]! < holder.untilNs) violations += 1;
    const untilNs = Math.min(rows.leaveNs[row]!, rows.validUntilNs[row]!);
    if (holder === undefined || untilNs >= holder.untilNs) holders.set(key, { who, untilNs });
  }
  return violations;
}
