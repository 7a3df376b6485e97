/**
 * For CI: JUnit XML, one suite for each contestant, one case for each verdict and each threshold. A case fails as the exit
 * code would: a violation, a crossed threshold. Undecided, or not promised and not kept, is skipped; a run whose figures are
 * not valid is an error. The evidence is in the output of the suite.
 */
import type { Reporter, Result, RunResult, Verdict } from '../contract/index.js';
import { isInvalid, isViolation } from '../check/judge.js';
import { invalidity } from '../check/run-validity.js';
import { libraryOf } from './library.js';
import { finding } from './findings.js';
import { thresholdWords } from './thresholds.js';
import { element, type Xml, xmlDocument } from './xml.js';

interface Case {
  readonly name: string;
  readonly group: 'check' | 'threshold' | 'validity';
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  readonly message: string;
  readonly evidence: readonly string[];
}

type Suite = readonly [run: RunResult, cases: readonly Case[]];

export default {
  name: 'junit',
  help: 'JUnit XML for CI: a suite for each contestant, a case for each check and threshold',
  render(result) {
    const suites = result.runs.map((run): Suite => [run, casesOf(run)]);
    const all = suites.flatMap(([, cases]) => cases);
    const attributes = { name: 'lockbench', ...counts(all), time: seconds(result.runs) };
    return xmlDocument(
      element(
        'testsuites',
        attributes,
        suites.map((suite) => suiteXml(suite, result)),
      ),
    );
  },
} satisfies Reporter;

function casesOf(run: RunResult): readonly Case[] {
  const reasons = invalidity(run);
  return [
    ...run.verdicts.map((verdict) => checkCase(run, verdict)),
    ...run.thresholds.map((threshold): Case => {
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

function checkCase(run: RunResult, verdict: Verdict): Case {
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

function suiteXml([run, cases]: Suite, result: Result): Xml {
  const { strategy, nodes } = run;
  const properties = {
    seed: result.seed,
    plan: result.folder === null ? 'not stored' : `${result.folder}/plan.json`,
    lockbench: result.environment.lockbench,
    client: libraryOf(run),
    nodes,
    exitCode: result.exitCode,
    partial: result.partial,
  };
  const evidence = cases.flatMap((one) =>
    one.evidence.length === 0 ? [] : [`${one.name}: ${one.message}`, ...one.evidence.map((line) => `  ${line}`), ''],
  );
  return element(
    'testsuite',
    { name: strategy, ...counts(cases), time: seconds([run]), timestamp: result.startedAt.replace(/\.\d+Z$/, '') },
    [
      element(
        'properties',
        {},
        Object.entries(properties).map(([name, value]) => element('property', { name, value })),
      ),
      ...cases.map((one) => caseXml(strategy, one)),
      ...(evidence.length > 0 ? [element('system-out', {}, evidence.join('\n'))] : []),
    ],
  );
}

function caseXml(strategy: string, { name, group, outcome, message, evidence }: Case): Xml {
  const told = { message, ...(outcome === 'skipped' ? {} : { type: group }) };
  const attributes = { name, classname: `lockbench.${strategy}.${group}`, time: 0 };
  if (outcome === 'passed') return element('testcase', attributes);
  return element('testcase', attributes, [element(outcome, told, outcome === 'skipped' ? '' : evidence.join('\n'))]);
}

function counts(cases: readonly Case[]): Readonly<Record<string, number>> {
  const of = (outcome: Case['outcome']): number => cases.filter((one) => one.outcome === outcome).length;
  return { tests: cases.length, failures: of('failure'), errors: of('error'), skipped: of('skipped') };
}

/** Of the measured windows. */
function seconds(runs: readonly RunResult[]): string {
  return (runs.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000).toFixed(3);
}
