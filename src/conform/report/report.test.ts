/** The reports of conformance for CI, from a document that is made up. */
import { describe, expect, it } from 'vitest';
import { outcomesOf, parseXml } from '../../report/testing.js';
import type { CaseResult, ConformDocument, ContestantResult } from '../results.js';
import githubReport from './github.js';
import junitReport from './junit.js';

const nasty = 'two <were> "inside" & \u0000 ]]> 100 %, a: b\nat once';

function one(name: string, part: Partial<CaseResult> = {}): CaseResult {
  const plain = { case: name, behaviour: 'It behaves.', source: 'us', fails: false, evidence: '', durationMs: 1500 };
  return { ...plain, verdict: 'pass', missingClaims: [], ...part };
}

function contestant(strategy: string, client: 'ioredis' | 'node-redis', cases: CaseResult[]): ContestantResult {
  const claims = { exclusion: true, expires: true, ownerRelease: false, toleratesDown: 0, toleratesLoss: 0 };
  return {
    strategy,
    options: {},
    engine: 'redis',
    client,
    topology: { kind: 'quorum', nodes: 5, replicas: 0 },
    claims,
    cases,
  };
}

const document: ConformDocument = {
  schemaVersion: 1,
  partial: false,
  exitCode: 5,
  results: [
    contestant('redlock@quorum=all', 'ioredis', [
      one('kept'),
      one('broken', { verdict: 'fail', fails: true, evidence: nasty }),
      one('not-promised', { verdict: 'not-claimed', fails: true, evidence: 'gone', missingClaims: ['ownerRelease'] }),
      one('not-here', { verdict: 'not-applicable', evidence: 'it uses no server' }),
      one('not-tried', { verdict: 'error', evidence: 'the server did not start' }),
    ]),
    contestant('redlock@quorum=all', 'node-redis', [one('kept')]),
  ],
};

describe('junit', () => {
  const { attributes, children } = parseXml(junitReport.render(document));
  const [first, second] = children;

  it('has a suite for each strategy, client and topology, and a case for each behaviour', () => {
    expect(children.map((suite) => suite.attributes.name)).toEqual([
      'redlock@quorum=all on ioredis, 5 masters',
      'redlock@quorum=all on node-redis, 5 masters',
    ]);
    expect(outcomesOf(first)).toEqual({
      kept: 'passed',
      broken: 'failure',
      'not-promised': 'skipped',
      'not-here': 'skipped',
      'not-tried': 'error',
    });
    expect(attributes).toMatchObject({ tests: '6', failures: '1', errors: '1', skipped: '2', time: '9.000' });
    expect(second.attributes).toMatchObject({ tests: '1', failures: '0', time: '1.500' });
  });

  it('tells the evidence of a failure and the reason of what was skipped, escaped', () => {
    const of = (name: string) => first.children.find((child) => child.attributes.name === name)!.children[0];
    expect(of('broken').attributes.message).toBe(nasty.replace('\u0000', '\ufffd'));
    expect(of('broken').text).toContain('It behaves.\nsource: us\ntwo <were> "inside" &');
    expect(of('not-promised').attributes.message).toBe('does not claim ownerRelease; fails: gone');
    expect(of('not-here').attributes.message).toBe('it uses no server');
  });
});

describe('github', () => {
  it('annotates a broken claim as an error, an error of the suite as a warning, and counts', () => {
    const lines = githubReport.render(document).trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['::error', '::warning', '::notice', '::notice']);
    expect(lines[0]).toMatch(/^::error title=redlock@quorum=all on ioredis%2C 5 masters%3A broken::It behaves\.%0Atwo/);
    expect(lines[0]).toContain('100 %25, a: b%0Aat once');
    expect(githubReport.render({ ...document, partial: true })).toContain('::warning title=lockbench%3A partial');
  });
});
