/** For GitHub Actions: what a reviewer must know of a run, as annotations, the gravest first. */
import type { Reporter, Result, RunResult } from '../contract/index.js';
import { isViolation } from '../check/judge.js';
import { invalidity } from '../check/run-validity.js';
import { formatCount, formatRate, formatUs } from '../base/units.js';
import { type Annotation, workflowCommands } from './annotations.js';
import { finding } from './findings.js';
import { thresholdWords } from './thresholds.js';
import { checkedGrants, violationsOrUndecided } from './verdicts.js';

export default {
  name: 'github',
  help: 'annotations for GitHub Actions: violations, crossed thresholds, runs that are not valid',
  render: (result) =>
    workflowCommands([
      ...result.runs.flatMap(violations),
      ...result.runs.flatMap(crossed),
      ...result.runs.flatMap(invalid),
      ...unfinished(result),
      ...result.runs.map(figures),
    ]),
} satisfies Reporter;

function violations(run: RunResult): readonly Annotation[] {
  return run.verdicts.filter(isViolation).map((verdict) => ({
    level: 'error',
    title: `${run.strategy}: ${verdict.check}`,
    text: [finding(run, verdict), ...verdict.evidence].join('\n'),
  }));
}

function crossed({ strategy, thresholds }: RunResult): readonly Annotation[] {
  return thresholds
    .filter(({ ok }) => !ok)
    .map((threshold) => ({
      level: 'error',
      title: `${strategy}: threshold ${threshold.text}`,
      text: thresholdWords(threshold),
    }));
}

function invalid(run: RunResult): readonly Annotation[] {
  const reasons = invalidity(run);
  if (reasons.length === 0) return [];
  return [{ level: 'warning', title: `${run.strategy}: the run is not valid`, text: reasons.join('\n') }];
}

function unfinished({ partial, endedEarly }: Result): readonly Annotation[] {
  if (!partial) return [];
  const text = endedEarly ?? 'it did not run to its end; the figures are of what was measured until then';
  return [{ level: 'warning', title: 'lockbench: partial result', text }];
}

function figures(run: RunResult): Annotation {
  const count = violationsOrUndecided(run);
  const exclusion =
    count === null
      ? 'mutual exclusion not checked'
      : count === 'undecided'
        ? 'mutual exclusion undecided'
        : `${formatCount(count)} violations seen in ${formatCount(checkedGrants(run))} grants`;
  const acquire = `acquire p50 ${formatUs(run.latencyUs.acquire.p50)}, p99 ${formatUs(run.latencyUs.acquire.p99)}`;
  return {
    level: 'notice',
    title: `lockbench: ${run.strategy}`,
    text: `${formatRate(run.throughputHz)} grants, ${acquire}; ${exclusion}`,
  };
}
