/** What came of it for those who use the lock: harm in the workload's words, trials that went wrong, locks of the dead. */
import type { Result, RunResult, Verdict } from '../contract/index.js';
import { formatCount, formatMs, formatNumber } from '../base/units.js';
import { isViolation } from '../check/judge.js';
import { plural } from './text.js';
import { isControl, isExclusion } from './verdicts.js';
import type { Word } from './words.js';

/** These judge what reached the resource. */
const resourceChecks: ReadonlySet<string> = new Set(['lost-updates', 'contiguity']);

export function harmWords({ runs }: Result): Word[] {
  return runs.flatMap((run) => [...trialsWord(run), ...harmWord(run), ...orphansWord(run)]);
}

/** "violations in 14 of 20 trials": for one scenario the most telling figure of all. */
function trialsWord({ strategy, trials }: RunResult): Word[] {
  if (trials === null || trials.violated === 0) return [];
  const text = `${strategy}: violations in ${trialsText(trials)}`;
  return [{ level: 'violation', text }];
}

/** "14 of 20 trials" */
export function trialsText({ count, violated }: NonNullable<RunResult['trials']>): string {
  return `${formatCount(violated)} of ${formatCount(count)} ${plural(count, 'trial')}`;
}

/** "7 units oversold"; null where nothing was, or where double work is only a cost. */
export function harmText({ harm }: RunResult): string | null {
  return harm === null || harm.costOnly || harm.count === 0 ? null : counted(harm);
}

function counted({ words, count }: NonNullable<RunResult['harm']>): string {
  return words.startsWith(formatCount(count)) ? words : `${formatCount(count)} ${words}`;
}

function harmWord(run: RunResult): Word[] {
  const { strategy, harm, grants } = run;
  if (harm === null || harm.count === 0) return [];
  if (harm.costOnly) {
    const per1000 = formatNumber((1000 * harm.count) / Math.max(1, grants));
    const text = `${strategy}: duplicate work: ${per1000} per 1,000 grants (${counted(harm)}): a cost, not a violation`;
    return [{ level: 'note', text }];
  }
  // The finding of the check says it already.
  if (run.verdicts.some(({ check, verdict }) => check === 'lost-updates' && verdict === 'fail')) return [];
  const violated = run.verdicts.some(isViolation);
  return [{ level: violated ? 'violation' : 'warning', text: `${strategy}: ${counted(harm)}` }];
}

function orphansWord({ strategy, orphans: { count, longestMs } }: RunResult): Word[] {
  if (count === 0) return [];
  const locks = `${formatCount(count)} ${plural(count, 'lock')} of ${plural(count, 'a dead holder', 'dead holders')}`;
  const howLong = count === 1 ? `for ${formatMs(longestMs)}` : `for up to ${formatMs(longestMs)}`;
  return [{ level: 'note', text: `${strategy}: ${locks} kept others out ${howLong}` }];
}

export function isResourceFailure({ check, verdict }: Verdict): boolean {
  return verdict === 'fail' && resourceChecks.has(check);
}

/**
 * Why the resource suffered though no two leases overlapped: a lease is checked before a write, not by it. Null where the
 * leases did overlap, or that was not decided. Source: Kleppmann, "How to do distributed locking".
 */
export function whyDespiteExclusion(run: RunResult): string | null {
  const exclusion = run.verdicts.filter(isExclusion);
  if (isControl(run) || exclusion.length === 0 || exclusion.some(({ verdict }) => verdict !== 'pass')) return null;
  return `No two leases overlapped, and still it happened: ${cause(run)}. ${remedy(run)}`;
}

/** No more than the records show. */
function cause({ holder, faults }: RunResult): string {
  if (holder === 'naive') return 'a naive holder does not look at its lease before it writes';
  const stoodStill = faults.filter(({ event, effective }) => event === 'checked' && effective);
  const told = stoodStill.slice(0, 1).map(({ name, what }) => ` (fault ${name}: ${what})`);
  return stoodStill.length === 0
    ? 'a lease is checked before a write, not by it, and in between a holder can stand still or its write be late'
    : `a holder found its lease valid, stood still, and only then wrote${told.join('')}`;
}

function remedy({ fencing, claims }: RunResult): string {
  switch (fencing) {
    case 'off':
      return claims.fences === true
        ? 'Only the resource can refuse that, by the fencing tokens that this design mints: --fencing reads+writes.'
        : 'Only the resource can refuse that, by a fencing token, and this design mints none.';
    case 'writes':
      return 'Fencing of writes alone lets an old write in until the next holder has written: --fencing reads+writes refuses it.';
    case 'reads+writes':
      return 'The resource was told to refuse old tokens on reads and writes.';
  }
}
