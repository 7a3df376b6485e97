/** The reports of comparisons for programs, from documents that are made up. */
import { describe, expect, it } from 'vitest';
import { outcomesOf, parseXml, type XmlNode } from '../../report/testing.js';
import type { CompareDocument } from '../document.js';
import type { Generation } from '../measured.js';
import { documentOf, generationsOf, plan, side, still, type World } from '../testing.js';
import csvReport from './csv.js';
import benchmarkReport from './github-action-benchmark.js';
import githubReport from './github.js';
import junitReport from './junit.js';
import markdownReport from './markdown.js';

const world = (effect: number, seed: number, more: Partial<World> = {}): Generation[] =>
  generationsOf({ ...still, effect, ...more }, seed);
const equivalent = documentOf(world(0, 1));
const slower = Math.log(1.4);
const regression = documentOf(world(slower, 1), { confirming: world(slower, 2) });
const unconfirmed = documentOf(world(slower, 1), { confirming: world(-slower, 2) });
const invalid = documentOf(world(0, 1, { generations: 3 }));
const partial = documentOf(world(0, 1, { generations: 8 }), { interrupted: true });
const calibration = documentOf(world(0, 1), { kind: 'calibrate' });
const strict = (document: CompareDocument): CompareDocument => ({ ...document, inconclusiveFails: true });

function violated(which: 'baseline' | 'candidate'): CompareDocument {
  const broken = world(0, 1).map((one) => ({
    ...one,
    pairs: one.pairs.map((pair) => ({ ...pair, [which]: { ...pair[which], violations: 1 } })),
  }));
  return documentOf(broken, { plan: { ...plan, keys: 1 } });
}

/** As `-`, `.` and `,` in a label would have it. */
const label = 'redlock@git=main~3,quorum=all';

describe('the documents of these tests', () => {
  it('are what they are called', () => {
    const verdicts = [equivalent, regression, unconfirmed, invalid, partial].map(({ verdict }) => verdict);
    expect(verdicts).toEqual(['equivalent', 'regression', 'inconclusive', 'invalid', 'inconclusive']);
    expect(partial.partial).toBe(true);
  });
});

describe('junit', () => {
  const suiteOf = (document: CompareDocument): XmlNode => {
    const { children } = parseXml(junitReport.render(document));
    expect(children).toHaveLength(1);
    return children[0];
  };
  const outcomes = (document: CompareDocument): Record<string, string> => outcomesOf(suiteOf(document));

  it('has a case for each gated metric, for validity, exclusion and counts', () => {
    expect(outcomes(equivalent)).toEqual({
      'the run is valid': 'passed',
      'the candidate excludes': 'skipped',
      throughput: 'passed',
      'cycle p50': 'passed',
      'cycle p99': 'passed',
      'commands and round trips': 'passed',
    });
    const suite = suiteOf(equivalent);
    expect(suite.attributes).toMatchObject({ tests: '6', failures: '0', errors: '0', skipped: '1', time: '52.000' });
    expect(suite.attributes.name).toBe('single (candidate) against single (baseline)');
    expect(suite.attributes.timestamp).toBe('2026-03-01T12:00:00');
  });

  it('fails where a regression was shown twice, and only then', () => {
    expect(outcomes(regression)).toMatchObject({ throughput: 'failure', 'cycle p50': 'failure' });
    expect(outcomes(unconfirmed)).toMatchObject({ throughput: 'passed', 'cycle p50': 'passed' });
    const [failure] = suiteOf(regression).children.find(({ attributes }) => attributes.name === 'throughput')!.children;
    expect(failure.attributes).toMatchObject({ type: 'metric' });
    expect(failure.attributes.message).toMatch(/^regression: -2\d\.\d % \[/);
    expect(failure.text).toContain('seen again in 10 generations more');
  });

  it('passes what is open with words, or fails it when asked to', () => {
    const open = suiteOf(unconfirmed).children.find(({ attributes }) => attributes.name === 'throughput')!;
    expect(open.children.map(({ name }) => name)).toEqual(['system-out']);
    expect(open.children[0].text).toContain('looked like a regression and did not when measured again');
    expect(outcomes(strict(unconfirmed))).toMatchObject({ throughput: 'failure', 'cycle p50': 'failure' });
    expect(outcomes(strict(equivalent))).toEqual(outcomes(equivalent));
    expect(outcomes(strict(unconfirmed))['cycle p99']).toBe('passed');
  });

  it('fails a run that is not valid, and then decides nothing by its figures', () => {
    expect(outcomes(invalid)).toMatchObject({ 'the run is valid': 'failure', throughput: 'skipped' });
    expect(outcomes(partial)).toMatchObject({ 'the run is valid': 'skipped' });
  });

  it('fails for a violation of the candidate, not for one of the baseline', () => {
    expect(outcomes(violated('candidate'))).toMatchObject({ 'the candidate excludes': 'failure' });
    const mended = outcomes(violated('baseline'));
    expect(mended).toMatchObject({ 'the candidate excludes': 'passed' });
    expect(mended).not.toHaveProperty('commands and round trips');
  });

  it('is well-formed whatever the texts hold', () => {
    const nasty = '<&>"\' \u0000\u001b]]> \ud800 \uffff @\n\t\r';
    const given = {
      ...invalid,
      folder: nasty,
      invalid: [nasty],
      plan: { ...plan, candidate: { ...side, label: nasty } },
    };
    const suite = suiteOf(given);
    expect(suite.attributes.name).toBe('<&>"\' \ufffd\ufffd]]> \ufffd \ufffd @\n\t\r against single');
  });

  it('takes a calibration', () => {
    expect(suiteOf(calibration).attributes.name).toBe('single against itself');
    expect(outcomes(calibration)).toMatchObject({ 'the run is valid': 'passed' });
    expect(outcomes({ ...calibration, verdict: 'regression' })).toMatchObject({ throughput: 'passed' });
  });
});

describe('github', () => {
  const annotations = (document: CompareDocument): string[] => githubReport.render(document).trimEnd().split('\n');
  const levels = (document: CompareDocument): string[] => annotations(document).map((line) => line.split(' ')[0]);

  it('annotates what fails as an error, what does not count as a warning, the rest as a notice', () => {
    expect(levels(equivalent)).toEqual(['::notice', '::notice']);
    expect(levels(regression)).toEqual(['::error', '::notice']);
    expect(levels(unconfirmed)).toEqual(['::notice', '::notice']);
    expect(levels(strict(unconfirmed))).toEqual(['::error', '::notice']);
    expect(levels(invalid)).toEqual(['::warning', '::notice']);
    expect(levels(partial)).toEqual(['::notice', '::warning', '::notice']);
    expect(levels(violated('candidate'))[0]).toBe('::error');
    expect(levels(violated('baseline'))[0]).toBe('::warning');
    expect(levels({ ...calibration, verdict: 'regression' })).toEqual(['::error', '::notice']);
  });

  it('keeps each in one line, with its title escaped', () => {
    const [line] = annotations({ ...regression, plan: { ...plan, candidate: { ...side, label } } });
    expect(line).toMatch(
      /^::error title=redlock@git=main~3%2Cquorum=all against single%3A regression::regression: redlock@git=main~3,quorum=all is/,
    );
    expect(line).toMatch(/throughput -2\d\.\d %25 \[/);
  });
});

describe('csv', () => {
  it('has one row for each metric, and the same columns for every comparison', () => {
    const rows = (document: CompareDocument): string[][] =>
      csvReport
        .render(document)
        .split('\r\n')
        .map((line) => line.split(','));
    const [head, ...lines] = rows(regression);
    const field = (row: readonly string[], name: string): string => row[head.indexOf(name)];
    expect(lines).toHaveLength(5);
    expect(lines.slice(0, 4).map((row) => [field(row, 'metric'), field(row, 'unit'), field(row, 'gated')])).toEqual([
      ['throughput', 'hz', 'true'],
      ['cycleP50', 'us', 'true'],
      ['acquireP50', 'us', 'false'],
      ['cycleP99', 'us', 'true'],
    ]);
    expect(lines.slice(0, 4).every((row) => row.length === head.length)).toBe(true);
    expect(Number(field(lines[0], 'changeRatio'))).toBe(regression.metrics[0].change!.estimate);
    expect(['verdict', 'metricVerdict', 'candidateCommandsPerGrant'].map((name) => field(lines[0], name))).toEqual([
      'regression',
      'regression',
      '2',
    ]);
    expect(rows(documentOf([]))[0]).toEqual(head);
    expect(rows(documentOf([]))[1][head.indexOf('changeRatio')]).toBe('');
  });
});

describe('github-action-benchmark', () => {
  const points = (document: CompareDocument) =>
    JSON.parse(benchmarkReport.render(document)) as { name: string; unit: string; value: number; range?: string }[];

  it('has the medians of both sides, and the ratio of their cycles with its interval', () => {
    const found = points({ ...regression, plan: { ...plan, candidate: { ...side, label } } });
    expect(found.map(({ name, unit }) => [name, unit])).toEqual([
      ['single: cycle p50', 'us'],
      ['single: acquire p50', 'us'],
      [`${label}: cycle p50`, 'us'],
      [`${label}: acquire p50`, 'us'],
      [`${label} against single: cycle p50`, 'ratio'],
    ]);
    const ratio = found[4];
    expect(ratio.value).toBeCloseTo(1.4, 1);
    expect(ratio.range).toMatch(/^1\.[34]\d*\.\.1\.[34]\d*$/);
  });

  it('has no point of a run that is not valid', () => expect(points(invalid)).toEqual([]));
});

describe('markdown', () => {
  it('lets no label become markup', () => {
    const text = markdownReport.render({ ...equivalent, plan: { ...plan, candidate: { ...side, label } } });
    expect(text).toMatch(/^## Comparison\n\n\*\*equivalent: redlock@git=main\\~3,quorum=all and single/);
    expect(text).toContain('| throughput |');
    expect(markdownReport.render(calibration)).toMatch(/^## Calibration\n/);
  });
});
