/**
 * What a fault did to the flow of grants: the longest time without any, how soon they came again when it was healed, and how
 * soon as often as before. What a holder took that was kept inside by us is left out: it is none of the lock's doing. Pure.
 */
import { rowFlags, type FaultRecord, type GrantRows } from '../contract/index.js';

/** What counts as the rate before. */
const recoveredShare = 0.95;
/** Over which a rate is taken. */
const stretchMs = 500;
/** With fewer grants before, a rate tells nothing. */
const leastGrants = 20;
/** Shorter pauses are none. */
const pauseMs = 100;

type Flow = 'longestGap' | 'firstGrantMs' | 'dipped' | 'recoveredMs';
export type Unjudged = Omit<FaultRecord, Flow>;

const untouched: Pick<FaultRecord, Flow> = { longestGap: null, firstGrantMs: null, dipped: false, recoveredMs: null };

/** `aimedMs`: from when on it looked for somebody to hit, and the flow was not its own any more. */
export function withRecovery(
  record: Unjudged,
  aimedMs: number,
  rows: GrantRows,
  [openNs, closeNs]: readonly [number, number],
): FaultRecord {
  const { startedMs, healedMs, keptInside } = record;
  if (startedMs === null) return { ...record, ...untouched };
  const closeMs = (closeNs - openNs) / 1e6;
  const grantsMs = grantsOf(rows, openNs, closeNs);
  const freeMs = keptInside === null ? startedMs : Math.max(startedMs, Math.min(closeMs, keptInside.untilMs));
  const healedAtMs = healedMs === null || healedMs >= closeMs ? null : Math.max(healedMs, freeMs);
  // With part of the contenders dead the rate of before is none to come back to.
  const died = rows.flags.some((flags) => (flags & rowFlags.open) !== 0);
  const { dipped, recoveredMs } = died ? untouched : rateOf(grantsMs, aimedMs, freeMs, healedAtMs, closeMs);
  return {
    ...record,
    longestGap: longestGapOf(grantsMs, startedMs, freeMs, closeMs),
    firstGrantMs: healedAtMs === null ? null : firstGrantAfter(grantsMs, healedAtMs),
    dipped,
    recoveredMs,
  };
}

/** Within the window, in order. */
function grantsOf(rows: GrantRows, openNs: number, closeNs: number): number[] {
  const grants: number[] = [];
  for (let row = 0; row < rows.count; row += 1) {
    const ns = rows.enterNs[row];
    if ((rows.flags[row] & rowFlags.unknown) === 0 && ns >= openNs && ns < closeNs) grants.push((ns - openNs) / 1e6);
  }
  return grants.sort((a, b) => a - b);
}

function longestGapOf(
  grantsMs: readonly number[],
  startedMs: number,
  freeMs: number,
  closeMs: number,
): FaultRecord['longestGap'] {
  let longest: FaultRecord['longestGap'] = null;
  let sinceMs = startedMs;
  for (const atMs of [...grantsMs.filter((ms) => ms >= startedMs), null]) {
    // What the kept holder took counts for nobody.
    const ms = (atMs ?? closeMs) - Math.max(sinceMs, Math.min(freeMs, atMs ?? closeMs));
    if (longest === null || ms > longest.ms) longest = { ms, untilMs: atMs };
    sinceMs = atMs ?? closeMs;
  }
  return longest;
}

function firstGrantAfter(grantsMs: readonly number[], fromMs: number): number | null {
  const wentOn = grantsMs.some((ms) => ms > fromMs - pauseMs && ms < fromMs);
  const first = grantsMs.find((ms) => ms >= fromMs);
  return wentOn || first === undefined ? null : first - fromMs;
}

function rateOf(
  grantsMs: readonly number[],
  aimedMs: number,
  freeMs: number,
  healedMs: number | null,
  closeMs: number,
): { readonly dipped: boolean; readonly recoveredMs: number | null } {
  const fromMs = Math.max(0, aimedMs - 2 * stretchMs);
  const within = (from: number, to: number): number => grantsMs.filter((ms) => ms >= from && ms < to).length;
  const before = within(fromMs, aimedMs);
  if (before < leastGrants) return { dipped: false, recoveredMs: null };
  const wanted = Math.ceil(((recoveredShare * before) / (aimedMs - fromMs)) * stretchMs);
  const fellShort = freeMs + stretchMs <= closeMs && within(freeMs, freeMs + stretchMs) < wanted;
  if (!fellShort || healedMs === null) return { dipped: fellShort, recoveredMs: null };
  const after = grantsMs.filter((ms) => ms >= healedMs);
  for (let last = wanted - 1; last < after.length; last += 1) {
    if (after[last] - after[last - wanted + 1] <= stretchMs)
      return { dipped: true, recoveredMs: Math.max(0, after[last - wanted + 1] - healedMs) };
  }
  return { dipped: true, recoveredMs: null };
}
