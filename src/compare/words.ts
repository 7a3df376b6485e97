/** A comparison in words. Pure. */
import { formatCount, formatNumber, formatPercent, formatRate, formatSettingMs, formatUs } from '../base/units.js';
import type { CompareDocument } from './document.js';
import type { SideCounts } from './exact.js';
import type { Metric, MetricName } from './judge.js';
import { contended, sides, type Side } from './plan.js';

export const metricTitles: Readonly<Record<MetricName, string>> = {
  throughput: 'throughput',
  cycleP50: 'cycle p50',
  acquireP50: 'acquire p50',
  cycleP99: 'cycle p99',
};

/** 95 % confidence that there is none of what was not seen in `n`. */
const ruleOfThree = 3;
/** Below this share of the baseline's grants a clean candidate was looked at far less. */
const farFewer = 0.5;

export function figureText({ unit }: Metric, value: number | null): string {
  return unit === 'hz' ? formatRate(value) : formatUs(value);
}

/** From here on a change is told as a multiple. */
const manyTimes = 2;

export function signedPercent(ratio: number): string {
  if (ratio > manyTimes) return `${formatNumber(ratio + 1)} times`;
  const text = formatPercent(Math.abs(ratio), 3);
  return ratio === 0 ? '0 %' : `${ratio < 0 ? '-' : '+'}${text}`;
}

export function changeText({ change }: Metric): string {
  if (change === null) return '-';
  return `${signedPercent(change.estimate)} [${signedPercent(change.low)}, ${signedPercent(change.high)}]`;
}

/** What is not gated has no verdict; of p99 only a large change is one. */
export function verdictText({ verdict, gated, name, change }: Metric): string {
  if (change === null) return 'too few to tell';
  if (!gated) return 'told only';
  if (name !== 'cycleP99') return verdict;
  return verdict === 'equivalent' ? 'within 1.5 times' : verdict === 'inconclusive' ? 'too noisy' : verdict;
}

export function labelOf({ plan }: CompareDocument, side: Side): string {
  const { label } = plan[side];
  return plan.baseline.label === plan.candidate.label ? `${label} (${side})` : label;
}

/** What came of it: what was violated first, for nothing that is faster makes up for that. */
export function verdictSentence(document: CompareDocument): string {
  const { violations, checked } = document.exact.candidate;
  if (violations === 0) return speedSentence(document);
  return `violation: the candidate let two holders in ${formatCount(violations)} times in ${formatCount(checked)} grants, so its speed is of no use; ${speedSentence(document)}`;
}

/** Of a comparison, without what was violated. */
export function speedSentence(document: CompareDocument): string {
  const { verdict, metrics, invalid, confirmation, partial } = document;
  const [baseline, candidate] = sides.map((side) => labelOf(document, side));
  const headlines = metrics.filter(({ name }) => name === 'throughput' || name === 'cycleP50');
  const figures = headlines.map((one) => `${metricTitles[one.name]} ${changeText(one)}`).join(', ');
  switch (verdict) {
    case 'invalid':
      return `invalid, no verdict: ${invalid.join('; ')}`;
    case 'regression':
      return `regression: ${candidate} is worse than ${baseline}: ${gatedWords(metrics, 'regression')}; seen again in ${confirmation!.generations} generations more, and in all together ${gatedWords(confirmation!.metrics, 'regression')}`;
    case 'improvement':
      return `improvement: ${candidate} is better than ${baseline}: ${gatedWords(metrics, 'improvement')}`;
    case 'equivalent':
      return `equivalent: ${candidate} and ${baseline} differ by less than counts here: ${figures}`;
    case 'inconclusive':
      if (partial) return `inconclusive, for it was interrupted: ${figures}`;
      if (confirmation !== null)
        return `inconclusive: ${confirmation.alarmed.map((name) => metricTitles[name]).join(', ')} looked like a regression and did not when measured again: ${figures}`;
      return `inconclusive: neither a change nor its absence is shown: ${figures}; a larger --budget tells more`;
  }
}

function gatedWords(metrics: readonly Metric[], verdict: Metric['verdict']): string {
  return metrics
    .filter((one) => one.gated && one.verdict === verdict)
    .map((one) => `${metricTitles[one.name]} ${changeText(one)}`)
    .join(', ');
}

/** How it was measured, and what it could have seen. */
export function methodSentences(document: CompareDocument): string[] {
  const { design, metrics, floor, plan, generations, sharedServers } = document;
  const smallest = metrics
    .filter(({ name, smallest: seen }) => seen !== null && (name === 'throughput' || name === 'cycleP50'))
    .map(({ name, smallest: seen }) => `${formatPercent(seen)} of ${metricTitles[name]}`);
  return [
    ranOnSentence(document),
    `seed ${plan.seed}; ${generations.length} ${generations.length === 1 ? 'generation' : 'generations'} of fresh processes x ${design.slices} ${design.slices === 1 ? 'slice' : 'slices'} of ${formatSettingMs(design.sliceMs)} for each side, by turns in random order; ${plan.contenders} contenders, ${keysText(document)}${sharedServers ? '' : '; each side on servers of its own'}`,
    `smallest change that this run could have seen: ${smallest.length > 0 ? smallest.join(', ') : 'none'}`,
    `a change counts from ${floor.source}; p99 from 1.5 times, for that of identical code differs much from run to run`,
  ];
}

/** What each side was, for figures that are carried elsewhere. */
function ranOnSentence({ plan, clientOptions, environment, startedAt }: CompareDocument): string {
  const told = sides.map((side) => {
    const { package: published, library, version } = clientOptions[side];
    const { nodes, replicas } = plan[side].topology;
    const servers = nodes + replicas;
    const parts = [published, typeof library === 'string' ? `${library} ${String(version)}` : undefined];
    return `${side} ${[...parts, `${servers} ${servers === 1 ? 'server' : 'servers'}`].filter((part) => typeof part === 'string').join(', ')}`;
  });
  const programs = [...new Set(environment.servers.map((server) => server.version))];
  return `lockbench ${environment.lockbench}, ${startedAt}; ${[...told, ...programs].join('; ')}; ttl ${formatSettingMs(plan.ttlMs)}, hold ${formatSettingMs(plan.holdMs)}, think ${formatSettingMs(plan.thinkMs)}`;
}

function keysText({ plan }: CompareDocument): string {
  if (plan.keys === null) return 'each on a key of its own';
  return plan.keys === 1 ? 'all on one key' : `on ${plan.keys} keys (${plan.keyChoice})`;
}

/** Renewals, and cycles that a slice cuts in two, fall into one slice and not into the next. */
const strayShare = 0.01;

/** What is counted: told whenever it differs, for counts have no noise. */
export function exactSentences(document: CompareDocument): string[] {
  return [...countSentences(document), ...failureSentences(document), violationSentence(document)];
}

export function countSentences(document: CompareDocument): string[] {
  const { baseline, candidate, comparable } = document.exact;
  return (
    [
      ['commands per cycle', baseline.commandsPerGrant, candidate.commandsPerGrant],
      ['round trips per cycle', baseline.roundTripsPerGrant, candidate.roundTripsPerGrant],
    ] as const
  ).map(([what, before, now]) => {
    const same = before === now || (before !== null && now !== null && Math.abs(now - before) < strayShare * before);
    const figures = same ? formatNumber(now) : `${formatNumber(before)} before, ${formatNumber(now)} now`;
    if (!comparable)
      return `${what}: ${figures}; they depend on who meets whom, so they are not held against each other`;
    return same
      ? `${what}: ${figures} on both sides`
      : `${what}: ${figures}: an exact change, whatever it costs in time is above`;
  });
}

export function failureSentences({ exact }: CompareDocument): string[] {
  return sides.flatMap((side) => {
    const { errors, unsettled } = exact[side];
    const codes = Object.entries(errors).map(([code, count]) => `${formatCount(count)} ${code}`);
    return [
      ...(codes.length > 0 ? [`the ${side} did not always succeed: ${codes.join(', ')}`] : []),
      ...(unsettled > 0
        ? [`the ${side} left ${formatCount(unsettled)} releases or answers open when its slices had ended`]
        : []),
    ];
  });
}

export function violationSentence({ exact, plan }: CompareDocument): string {
  if (!contended(plan))
    return 'mutual exclusion was not looked at: no two contenders share a key (--keys 1 makes them meet)';
  const { baseline, candidate } = exact;
  const found = sides
    .filter((side) => exact[side].violations > 0)
    .map(
      (side) =>
        `the ${side} let two holders in ${formatCount(exact[side].violations)} times in ${formatCount(exact[side].checked)} grants`,
    );
  if (found.length > 0) return `violations: ${found.join('; ')}`;
  const fewer =
    candidate.checked < farFewer * baseline.checked
      ? `; the candidate was looked at far less, ${formatPercent(candidate.checked / baseline.checked)} of the baseline's grants`
      : '';
  return `no violation seen: baseline in ${boundText(baseline)}, candidate in ${boundText(candidate)}${fewer}`;
}

function boundText({ checked }: SideCounts): string {
  return `${formatCount(checked)} grants${checked > 0 ? ` (rate below ${formatPercent(ruleOfThree / checked)})` : ''}`;
}

/** What the noise was, as far as the system tells. */
export function noiseSentence({ noise }: CompareDocument): string {
  const { stealRatio, pressureRatio, loopDelayMs, baselineVariation } = noise;
  const told = (what: string, ratio: number | null): string =>
    `${what} ${ratio === null ? 'n/a' : ratio === 0 ? '0 %' : formatPercent(ratio, 2)}`;
  return [
    told('steal', stealRatio),
    told('waiting for a core', pressureRatio),
    `event loop still for ${loopDelayMs === null ? '-' : formatUs(loopDelayMs * 1000)}`,
    told("the baseline's own variation", baselineVariation),
  ].join(', ');
}

/** Of a calibration: what can be told apart here. */
export function calibrationSentence({ metrics, verdict, invalid }: CompareDocument): string {
  if (verdict === 'invalid') return `invalid, nothing was stored: ${invalid.join('; ')}`;
  const each = metrics
    .filter(({ name }) => name !== 'acquireP50')
    .map((one) => `${metricTitles[one.name]} ${changeText(one)}`);
  return `a design compared with itself: ${each.join(', ')}`;
}
