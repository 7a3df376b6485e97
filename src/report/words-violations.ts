/** The verdicts in words: what failed, with its evidence; what was not seen, and how much that says; what was not decided. */
import type { Result, RunResult, Verdict } from '../contract/index.js';
import { formatCount, formatNumber, formatPercent } from '../base/units.js';
import { isInvalid, isViolation } from '../check/judge.js';
import { groupBy, inWords, plural } from './text.js';
import {
  checkedGrants,
  exclusionUpperBound,
  inEnglish,
  isControl,
  isExclusion,
  trialsOf,
  violationsOrUndecided,
} from './verdicts.js';
import type { Word } from './words.js';

/** The control comes last: that it fails is what it is for. */
export function violationWords({ runs }: Result): Word[] {
  const ordered = [...runs.filter((run) => !isControl(run)), ...runs.filter(isControl)];
  return ordered.flatMap((run) => {
    const found = run.verdicts.filter(({ verdict }) => verdict === 'fail');
    const failed = [...found.filter(isExclusion), ...found.filter((verdict) => !isExclusion(verdict))];
    const witness = failed.some(({ check }) => check === 'mutual-exclusion')
      ? failed.find(({ check }) => check === 'mutual-exclusion-cell')
      : undefined;
    return failed
      .filter((verdict) => verdict !== witness && (isViolation(verdict) || isInvalid(verdict) || !isControl(run)))
      .map((verdict) => told(run, verdict, witness));
  });
}

function told(run: RunResult, verdict: Verdict, witness: Verdict | undefined): Word {
  const second =
    verdict.check === 'mutual-exclusion' && witness !== undefined
      ? `; the shared-memory cell, an independent witness, counted ${formatCount(witness.violations)}`
      : '';
  return {
    level: isViolation(verdict) ? 'violation' : 'warning',
    text: `${run.strategy}: ${finding(run, verdict)}${second}${promise(run, verdict)}`,
    evidence: verdict.evidence,
  };
}

function finding(run: RunResult, { check, violations }: Verdict): string {
  const n = formatCount(violations);
  const times = `${n} ${plural(violations, 'time')}`;
  switch (check) {
    case 'mutual-exclusion':
      return `mutual exclusion was broken ${times} in ${formatCount(checkedGrants(run))} grants: two contenders were inside with valid leases`;
    case 'mutual-exclusion-cell':
      return `mutual exclusion was broken ${times}, as the shared-memory cell saw it: a contender met another inside with a valid lease`;
    case 'lost-updates':
      return `${n} ${plural(violations, 'update')} made inside the lock ${plural(violations, 'is', 'are')} missing in the end`;
    case 'deadlock-freedom':
      return 'somebody waited for a lock, and for too long nobody got it';
    case 'granted-in-time':
      return `a lock was handed out ${times} when its lease was already over`;
    case 'keys-left':
      return `${n} ${plural(violations, 'key')} stayed behind when everybody had released or given up`;
    case 'overstay':
      return `somebody entered ${times} while a holder whose lease was over was still inside: the program's doing, not the lock's`;
    case 'accounting':
    case 'assumptions':
      return `the records are not sound (${check}), so no figure of this run is to be trusted`;
    default:
      return `${inEnglish(check)} failed ${times}`;
  }
}

function promise(run: RunResult, verdict: Verdict): string {
  if (isInvalid(verdict) || verdict.check === 'overstay') return '';
  if (isControl(run)) return `. ${run.strategy} promises nothing: this is the control.`;
  return verdict.claimed ? '. It promises that this does not happen.' : '. It does not promise otherwise.';
}

/** "None seen" says as much as the number of grants, and as what the same plan shows without a lock. */
export function exclusionWords({ runs }: Result): Word[] {
  const clean = runs.filter((run) => !isControl(run) && violationsOrUndecided(run) === 0);
  if (clean.length === 0) return [];
  const seen = clean.map((run, at) => {
    const claimed = run.verdicts.filter(isExclusion).some((verdict) => verdict.claimed);
    return cleanText(run, at === 0) + (claimed ? '' : ', though it does not promise that');
  });
  const power = powerOf(runs);
  const words: Word[] = [{ level: 'note', text: `no violation seen: ${seen.join('; ')}${powerText(power)}` }];
  if (power?.violationsPer1000 === 0) {
    words.push({
      level: 'warning',
      text:
        `without a lock the same plan shows no violation either, in ${formatCount(power.grants)} grants: it cannot tell ` +
        'a lock that holds from one that does not; try fewer --keys, more --contenders or a longer --hold',
    });
  }
  return words;
}

function cleanText(run: RunResult, first: boolean): string {
  const bound = exclusionUpperBound(run);
  if (bound === null) return `${run.strategy} in ${formatCount(run.grants)} grants`;
  const trials = trialsOf(bound) ?? run.grants;
  const confidence = first ? ' with 95 % confidence' : '';
  return `${run.strategy} in ${formatCount(trials)} grants (rate below ${formatPercent(bound, 2)}${confidence})`;
}

/** Of the control beside them where there is one, else of the short one that every run is followed by. */
function powerOf(runs: readonly RunResult[]): RunResult['detectionPower'] {
  const control = runs.find((run) => isControl(run) && run.grants > 0);
  if (control === undefined) return runs.flatMap(({ detectionPower }) => detectionPower ?? [])[0] ?? null;
  const grants = checkedGrants(control);
  const violations = Math.max(0, ...control.verdicts.filter(isExclusion).map((verdict) => verdict.violations));
  return { grants, violationsPer1000: (1000 * violations) / grants };
}

function powerText(power: RunResult['detectionPower']): string {
  if (power === null)
    return '; what this plan could have shown is not known, for no run without a lock stands beside it';
  if (power.violationsPer1000 === 0) return '';
  return `; without a lock the same plan shows ${formatNumber(power.violationsPer1000)} per 1,000`;
}

export function undecidedWords({ runs }: Result): Word[] {
  const open = runs.flatMap((run) =>
    run.verdicts
      .filter(({ verdict }) => verdict === 'undecided')
      .map((verdict) => ({ run, verdict, reason: verdict.evidence.join('; ') || 'no reason was recorded' })),
  );
  const byCause = groupBy(open, ({ run, reason }) => JSON.stringify([run.strategy, reason]));
  const lines = byCause.map(([, of]) => ({
    strategy: of[0].run.strategy,
    text: `${inWords(of.map(({ verdict }) => inEnglish(verdict.check)))} undecided: ${of[0].reason}`,
    // An open verdict on exclusion leaves the main question open.
    level: of.some(({ verdict }) => isExclusion(verdict)) ? ('warning' as const) : ('note' as const),
  }));
  return groupBy(lines, ({ text }) => text).map(([text, of]) => ({
    level: of[0].level,
    text: `${of.map(({ strategy }) => strategy).join(', ')}: ${text}`,
  }));
}
