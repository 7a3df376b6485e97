/**
 * For CI: JUnit XML, one suite for each contestant, one case for each verdict and each threshold. A case fails as the exit
 * code would: a violation, a crossed threshold. Undecided, or not promised and not kept, is skipped; a run whose figures are
 * not valid is an error.
 */
import type { Reporter, Result, RunResult, Verdict } from '../contract/index.js';
import { isInvalid, isViolation } from '../check/judge.js';
import { invalidity } from '../check/run-validity.js';
import { libraryOf } from './library.js';
import { finding } from './findings.js';
import { junitXml, type JunitCase, type JunitSuite } from './junit-xml.js';
import { thresholdWords } from './thresholds.js';

export default {
  name: 'junit',
  help: 'JUnit XML for CI: a suite for each contestant, a case for each check and threshold',
  render: (result) => junitXml(result.runs.map((run) => suiteOf(run, result))),
} satisfies Reporter;

function casesOf(run: RunResult): readonly JunitCase[] {
  const reasons = invalidity(run);
  return [
    ...run.verdicts.map((verdict) => checkCase(run, verdict)),
    ...run.thresholds.map((threshold): JunitCase => {
      const outcome = threshold.ok ? 'passed' : 'failure';
      return {
        name: threshold.text,
        group: 'threshold',
        outcome,
        message: `${threshold.text}: ${thresholdWords(threshold)}`,
        evidence: [],
      };
    }),
    {
      name: 'the run is valid',
      group: 'validity',
      outcome: reasons.length > 0 ? 'error' : 'passed',
      message: reasons.join('; '),
      evidence: [],
    },
  ];
}

function checkCase(run: RunResult, verdict: Verdict): JunitCase {
  const { check, evidence } = verdict;
  const base = { name: check, group: 'check', evidence } as const;
  if (verdict.verdict === 'pass') return { ...base, outcome: 'passed', message: '' };
  if (verdict.verdict === 'undecided')
    return { ...base, outcome: 'skipped', message: `undecided: ${evidence.join('; ')}` };
  const message = finding(run, verdict);
  if (isInvalid(verdict)) return { ...base, outcome: 'error', message };
  if (isViolation(verdict)) return { ...base, outcome: 'failure', message };
  return { ...base, outcome: 'skipped', message: `not promised: ${message}` };
}

function suiteOf(run: RunResult, result: Result): JunitSuite {
  const { strategy, nodes, durationMs } = run;
  return {
    name: strategy,
    // Of the measured windows.
    durationMs,
    startedAt: result.startedAt,
    properties: {
      seed: result.seed,
      plan: result.folder === null ? 'not stored' : `${result.folder}/plan.json`,
      lockbench: result.environment.lockbench,
      client: libraryOf(run),
      nodes,
      exitCode: result.exitCode,
      partial: result.partial,
    },
    cases: casesOf(run),
  };
}
