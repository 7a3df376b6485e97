/** The verdicts in words: what failed, with its evidence; what was not seen, and how much that says; what was not decided. */
import type { Result, RunResult, Verdict } from '../contract/index.js';
import { formatCount, formatNumber, formatPercent } from '../base/units.js';
import { isInvalid, isViolation } from '../check/judge.js';
import { finding } from './findings.js';
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
import { isResourceFailure, whyDespiteExclusion } from './words-harm.js';
import type { Word } from './words.js';
import { onCondition } from './words-faults.js';

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
      ? `; the shared-memory cell, an independent witness that remembers one holder, saw ${formatCount(witness.violations)} enter`
      : '';
  return {
    level: isViolation(verdict) ? 'violation' : 'warning',
    text: `${run.strategy}: ${finding(run, verdict)}${second}${promise(run, verdict)}`,
    evidence: verdict.evidence,
  };
}

function promise(run: RunResult, verdict: Verdict): string {
  if (isInvalid(verdict) || verdict.check === 'overstay') return '';
  if (isControl(run)) return `. ${run.strategy} promises nothing: this is the control.`;
  // What no lock can keep by itself is not held against its promise without saying so, once.
  const why = isResourceFailure(verdict) ? whyDespiteExclusion(run) : null;
  if (why !== null) return run.verdicts.find(isResourceFailure) === verdict ? `. ${why}` : '';
  return verdict.claimed
    ? `. It promises that this does not happen${onCondition(run, verdict)}.`
    : '. It does not promise otherwise.';
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
  const struck = run.faults.filter(({ effective }) => effective).length;
  const bound = exclusionUpperBound(run);
  const trials = trialsOf(bound) ?? run.grants;
  const grants = `${run.strategy} in ${formatCount(trials)} grants`;
  const confidence = first ? ' with 95 % confidence' : '';
  // Grants before and long after a fault are no trials of it.
  if (run.faults.length > 0 || run.trials !== null) return `${grants}${cleanTrials(run, struck, confidence)}`;
  return bound === null ? grants : `${grants} (rate below ${formatPercent(bound, 2)}${confidence})`;
}

/** With none of n, (1 - p)^n is 5 % at the bound. */
function cleanTrials({ trials }: RunResult, struck: number, confidence: string): string {
  const count = trials?.count ?? 1;
  if (trials === null || count < 2)
    return ` and ${formatCount(struck)} ${plural(struck, 'fault')} that struck: that says little; --trials repeats it`;
  if (trials.violated > 0) return '';
  const bound = formatPercent(1 - 0.05 ** (1 / count), 2);
  return ` and in none of ${formatCount(count)} trials (below ${bound} of trials${confidence})`;
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
