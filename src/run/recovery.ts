/** How soon the lock was granted again when a fault was healed, and how soon as often as before. Pure. */
import { rowFlags, type FaultRecord, type GrantRows } from '../contract/index.js';

/** What counts as the rate before. */
const recoveredShare = 0.95;
/** Over which a rate is taken. */
const stretchMs = 500;
/** With fewer grants before, a rate tells nothing. */
const leastGrants = 20;

export function withRecovery(
  record: Omit<FaultRecord, 'firstGrantMs' | 'recoveredMs'>,
  rows: GrantRows,
  [openNs, closeNs]: readonly [number, number],
): FaultRecord {
  const { startedMs, healedMs } = record;
  if (startedMs === null || healedMs === null) return { ...record, firstGrantMs: null, recoveredMs: null };
  const grantsMs = [...rows.enterNs]
    .filter((ns, row) => (rows.flags[row] & rowFlags.unknown) === 0 && ns < closeNs)
    .map((ns) => (ns - openNs) / 1e6)
    .sort((a, b) => a - b);
  const first = grantsMs.find((ms) => ms >= healedMs);
  return {
    ...record,
    firstGrantMs: first === undefined ? null : first - healedMs,
    recoveredMs: recoveredAfter(grantsMs, startedMs, healedMs, (closeNs - openNs) / 1e6),
  };
}

/** From healing to the end of the first stretch with the rate of before. */
function recoveredAfter(
  grantsMs: readonly number[],
  startedMs: number,
  healedMs: number,
  closeMs: number,
): number | null {
  const fromMs = Math.max(0, startedMs - 2 * stretchMs);
  const before = grantsMs.filter((ms) => ms >= fromMs && ms < startedMs).length;
  if (before < leastGrants || startedMs <= fromMs) return null;
  const wanted = Math.ceil(((recoveredShare * before) / (startedMs - fromMs)) * stretchMs);
  const after = grantsMs.filter((ms) => ms >= healedMs);
  for (let last = wanted - 1; last < after.length; last += 1) {
    if (after[last] - after[last - wanted + 1] <= stretchMs && after[last] <= closeMs)
      return Math.max(0, after[last] - healedMs);
  }
  return null;
}
