/**
 * JUnit XML of suites with cases. The evidence of a failure is its text; all of it stands in the output of the suite as well,
 * for some readers show only that. Words about a case that is no failure are its own output.
 */
import { element, type Xml, xmlDocument } from './xml.js';

export interface JunitCase {
  readonly name: string;
  /** What kind of case it is: part of its class name, and the type of its failure. */
  readonly group: string;
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  readonly message: string;
  readonly evidence: readonly string[];
  readonly durationMs?: number;
  /** Words on what it came to; empty: none. */
  readonly output?: string;
}

export interface JunitSuite {
  readonly name: string;
  readonly durationMs: number;
  /** ISO 8601, UTC; null: not known. */
  readonly startedAt: string | null;
  readonly properties: Readonly<Record<string, string | number | boolean>>;
  readonly cases: readonly JunitCase[];
}

export function junitXml(suites: readonly JunitSuite[]): string {
  const durationMs = suites.reduce((sum, one) => sum + one.durationMs, 0);
  const all = suites.flatMap(({ cases }) => cases);
  const attributes = { name: 'lockbench', ...counts(all), time: seconds(durationMs) };
  return xmlDocument(element('testsuites', attributes, suites.map(suiteXml)));
}

function suiteXml({ name, durationMs, startedAt, properties, cases }: JunitSuite): Xml {
  const evidence = cases.flatMap((one) =>
    one.evidence.length === 0 ? [] : [`${one.name}: ${one.message}`, ...one.evidence.map((line) => `  ${line}`), ''],
  );
  // The schema of JUnit has the time without fractions and zone.
  const timestamp = startedAt === null ? {} : { timestamp: startedAt.replace(/\.\d+Z$/, '') };
  return element('testsuite', { name, ...counts(cases), time: seconds(durationMs), ...timestamp }, [
    element(
      'properties',
      {},
      Object.entries(properties).map(([key, value]) => element('property', { name: key, value })),
    ),
    ...cases.map((one) => caseXml(name, one)),
    ...(evidence.length > 0 ? [element('system-out', {}, evidence.join('\n'))] : []),
  ]);
}

function caseXml(suite: string, one: JunitCase): Xml {
  const { name, group, outcome, message, evidence, durationMs = 0, output = '' } = one;
  const told = { message, ...(outcome === 'skipped' ? {} : { type: group }) };
  const attributes = {
    name,
    classname: `lockbench.${suite}.${group}`,
    time: durationMs === 0 ? 0 : seconds(durationMs),
  };
  return element('testcase', attributes, [
    ...(outcome === 'passed' ? [] : [element(outcome, told, outcome === 'skipped' ? '' : evidence.join('\n'))]),
    ...(output === '' ? [] : [element('system-out', {}, output)]),
  ]);
}

function counts(cases: readonly JunitCase[]): Readonly<Record<string, number>> {
  const of = (outcome: JunitCase['outcome']): number => cases.filter((one) => one.outcome === outcome).length;
  return { tests: cases.length, failures: of('failure'), errors: of('error'), skipped: of('skipped') };
}

function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(3);
}
