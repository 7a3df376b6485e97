/** What every conformance case must have, and how they are read. */
import { describe, expect, it } from 'vitest';
import { listCases, firstCase } from './contestant.js';
import markdownReport from './report/markdown.js';
import tableReport from './report/table.js';
import type { CaseResult, ConformDocument } from './results.js';
import { checkAcquire, checkExtend, checkRelease } from './shape.js';
import { shown } from './verify.js';

const cases = await listCases();

describe('conformance cases', () => {
  it('are many, each with a name of its own, the indispensable one first', () => {
    expect(cases.length).toBeGreaterThan(50);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    expect(cases[0].name).toBe(firstCase);
  });

  it.each(cases.map((one) => [one.name, one] as const))('%s says what and whence', (name, { behaviour, source }) => {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(behaviour).toMatch(/^[A-Z].{20,200}\.$/);
    expect(source.length).toBeGreaterThan(5);
  });
});

describe('outcomes that the contract does not know', () => {
  const grant = { key: 'k', token: 't', validUntilMs: 1, onLost: () => () => {} };
  it.each([
    ['nothing', undefined],
    ['a word', 'granted'],
    ['no kind', {}],
    ['a kind of its own', { kind: 'ok' }],
    ['no reason', { kind: 'refused' }],
    ['no failure', { kind: 'unknown' }],
    ['no grant', { kind: 'granted' }],
    ['a grant of another lock', { kind: 'granted', grant: { ...grant, key: 'other' } }],
    ['a grant without token', { kind: 'granted', grant: { ...grant, token: '' } }],
    ['a validity that is no number', { kind: 'granted', grant: { ...grant, validUntilMs: NaN } }],
    ['a fence that is a number', { kind: 'granted', grant: { ...grant, fence: 1 } }],
  ])('are violations of acquire: %s', (_, outcome) => expect(() => checkAcquire(outcome, 'k')).toThrow());

  it('are violations of release and extend', () => {
    expect(() => checkRelease({ kind: 'gone' })).toThrow('kind is none of released, lost, unknown');
    expect(() => checkExtend({ kind: 'extended' })).toThrow('validUntilMs is no time');
    expect(() => checkExtend(null)).toThrow('no object');
  });

  it('are told apart from those that it does', () => {
    checkAcquire({ kind: 'granted', grant: { ...grant, validUntilMs: Infinity, fence: 1n } }, 'k');
    checkAcquire({ kind: 'refused', why: 'busy' }, 'k');
    checkRelease({ kind: 'lost' });
    checkExtend({ kind: 'extended', validUntilMs: 5 });
  });

  it('are shown in bounded length, whatever they are', () => {
    const round: Record<string, unknown> = { fence: 1n };
    round['self'] = round;
    expect(shown(round)).toBe('[object Object]');
    expect(shown({ text: 'x'.repeat(5_000), list: Array(5_000).fill(1) }).length).toBeLessThan(400);
    expect(shown({ kind: 'refused', why: 'busy' })).toBe('refused (busy)');
  });
});

const claims = { exclusion: true, expires: true, ownerRelease: false, toleratesDown: 0, toleratesLoss: 0 };

function result(part: Partial<CaseResult>): CaseResult {
  const plain = { case: 'a-case', behaviour: 'It behaves.', source: 'us', fails: false, evidence: '', durationMs: 1 };
  return { ...plain, verdict: 'pass', missingClaims: [], ...part };
}

const document: ConformDocument = {
  schemaVersion: 1,
  partial: false,
  exitCode: 5,
  results: [
    {
      strategy: 'one',
      options: {},
      engine: 'redis',
      client: 'ioredis',
      topology: { kind: 'quorum', nodes: 5, replicas: 0 },
      claims,
      cases: [
        result({}),
        result({ case: 'b-case', verdict: 'fail', fails: true, evidence: 'two were inside | together' }),
        result({
          case: 'c-case',
          verdict: 'not-claimed',
          fails: true,
          evidence: 'gone',
          missingClaims: ['ownerRelease'],
        }),
        result({ case: 'd-case', verdict: 'not-applicable', evidence: 'it uses no server' }),
      ],
    },
  ],
};

describe('reports of conformance', () => {
  it('as a table tell what was not passed, and why', () => {
    const text = tableReport.render(document, { columns: 80, colour: false });
    expect(text).toContain('one on ioredis, 5 masters');
    expect(text).toContain('1 pass, 1 fail, 1 not claimed, 1 not applicable');
    expect(text).toMatch(/FAIL +b-case\n +It behaves\.\n +two were inside \| together/);
    expect(text).toContain('does not claim ownerRelease; fails: gone');
    expect(text).toContain('it uses no server: d-case');
    expect(text).not.toContain('a-case');
  });

  it('as markdown are a matrix with footnotes', () => {
    const text = markdownReport.render({ ...document, command: 'bench conform --x', versions: { node: '20.1.2' } });
    expect(text).toContain('Made by `bench conform --x`');
    expect(text).toContain('Versions: node 20.1.2.');
    expect(text).toContain('| `b-case`<br>It behaves. | **FAIL**[^1] |');
    expect(text).toContain('[^1]: two were inside \\| together');
    expect(text).toContain('| `a-case`<br>It behaves. | pass |');
  });
});
