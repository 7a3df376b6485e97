/** Faults that leave a doubt: without effect, not got over, or with servers that did not come back. */
import type { FaultRecord, Result, RunResult, Verdict } from '../contract/index.js';
import { formatCount, formatMs } from '../base/units.js';
import { faultName, repeatedFaults, whyWithoutEffect, type Repeated } from './faults.js';
import { inWords, plural } from './text.js';
import { isControl } from './verdicts.js';
import type { Word } from './words.js';

export function faultWords({ runs }: Result): Word[] {
  return runs.flatMap((run) =>
    repeatedFaults(run)
      .flatMap((fault) => [...withoutEffect(fault, run), ...notOver(fault, run), ...unhealthy(fault, run)])
      .map((text) => ({ level: 'warning', text: `${run.strategy}: ${text}` })),
  );
}

function withoutEffect(faults: Repeated, run: RunResult): string[] {
  const idle = faults.filter(({ effective }) => !effective);
  // Verdicts that it left open give it as their reason.
  const told = ({ verdict, evidence }: Verdict): boolean =>
    verdict === 'undecided' && evidence.some((line) => line.includes(`the fault ${faults[0].name} had no effect`));
  if (idle.length === 0 || run.verdicts.some(told)) return [];
  const why = [...new Set(idle.map(whyWithoutEffect))].join('; ');
  return [
    `the fault ${faultName(idle[0])} had no effect${inRounds(idle.length, faults.length, run)} (${why}): ` +
      'what it was to show is undecided, whatever passed',
  ];
}

/** Longer without any grant is worth a warning. */
const longMs = 500;

/** The control excludes nobody: there is nothing for it to get over. */
function notOver(faults: Repeated, run: RunResult): string[] {
  if (isControl(run)) return [];
  const stuck = faults.filter(
    ({ effective, longestGap }) =>
      effective && longestGap !== null && longestGap.untilMs === null && longestGap.ms > longMs,
  );
  if (stuck.length === 0) return [];
  const leastMs = Math.min(...stuck.map(({ longestGap }) => longestGap!.ms));
  return [
    `after the fault ${faultName(stuck[0])} nothing was granted in the last ${formatMs(leastMs)} of the window` +
      inRounds(stuck.length, faults.length, run),
  ];
}

function unhealthy(faults: Repeated, run: RunResult): string[] {
  const ill = faults.filter((fault) => fault.unhealthy.length > 0);
  if (ill.length === 0) return [];
  const servers = inWords([...new Set(ill.flatMap((fault) => fault.unhealthy))]);
  return [
    `${servers} did not answer when the fault ${faultName(ill[0])} was over${inRounds(ill.length, faults.length, run)}`,
  ];
}

function inRounds(count: number, of: number, { trials }: RunResult): string {
  return of < 2 ? '' : ` in ${count} of ${of} ${trials === null ? 'rounds' : 'trials'}`;
}

/**
 * What a promise rests on, where faults took just that before it was broken: " while no server loses what it acknowledged, and
 * here 1 did". Tokens that are counted outlive leases, so they also miss what was lost after the last lease.
 */
export function onCondition({ faults, claims, series, seriesRound }: RunResult, { check }: Verdict): string {
  const brokenMs = Math.min(...series.flatMap(({ violationMs }) => violationMs ?? []));
  const broken = faults.filter(
    ({ effective, round, startedMs }) =>
      effective && round === seriesRound && startedMs !== null && startedMs <= brokenMs,
  );
  const missed = ({ lost, emptied = [] }: FaultRecord): number =>
    lost.length + (check === 'fencing-order' ? emptied.length : 0);
  const count = broken.reduce((sum, fault) => sum + missed(fault), 0);
  const { toleratesLoss } = claims;
  const spared =
    toleratesLoss === 0
      ? 'no server loses'
      : `at most ${formatCount(toleratesLoss)} ${plural(toleratesLoss, 'server loses', 'servers lose')}`;
  const conditions = [
    ...(count > toleratesLoss ? [`while ${spared} what it acknowledged, and here ${formatCount(count)} did`] : []),
    ...(broken.some(({ breaksClocks }) => breaksClocks) ? ['while clocks keep time, and here some did not'] : []),
  ];
  return conditions.length === 0 ? '' : ` ${conditions.join('; or ')}`;
}
