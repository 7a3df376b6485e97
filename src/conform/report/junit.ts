/**
 * For CI: JUnit XML, one suite for each strategy, client and topology, one case for each behaviour. Not claimed and not
 * applicable are skipped, with the reason; an error of the suite is an error.
 */
import type { DocumentReporter } from '../../contract/index.js';
import { junitXml, type JunitCase, type JunitSuite } from '../../report/junit-xml.js';
import {
  platformText,
  type CaseResult,
  type ConformDocument,
  type ContestantResult,
  type CaseVerdict,
} from '../results.js';
import { contestantText, reasonText } from '../words.js';

export default {
  name: 'junit',
  help: 'JUnit XML for CI: a suite for each contestant, a case for each behaviour',
  render: (document) => junitXml(document.results.map((result) => suiteOf(result, document))),
} satisfies DocumentReporter<ConformDocument>;

const outcomes: Readonly<Record<CaseVerdict, JunitCase['outcome']>> = {
  pass: 'passed',
  fail: 'failure',
  'not-claimed': 'skipped',
  'not-applicable': 'skipped',
  error: 'error',
};

function suiteOf(result: ContestantResult, { exitCode, partial }: ConformDocument): JunitSuite {
  const { strategy, topology, options, cases } = result;
  const client = platformText(result);
  const properties = { strategy, client, topology: topology.kind, nodes: topology.nodes, replicas: topology.replicas };
  return {
    name: contestantText(result),
    durationMs: cases.reduce((sum, { durationMs }) => sum + durationMs, 0),
    startedAt: null,
    properties: { ...properties, options: JSON.stringify(options), exitCode, partial },
    cases: cases.map(caseOf),
  };
}

function caseOf(one: CaseResult): JunitCase {
  const { verdict, evidence, behaviour, source, durationMs } = one;
  const outcome = outcomes[verdict];
  const told = outcome === 'failure' || outcome === 'error' ? [behaviour, `source: ${source}`, evidence] : [];
  return { name: one.case, group: 'behaviour', outcome, message: reasonText(one), evidence: told, durationMs };
}
