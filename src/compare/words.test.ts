/** What is told of a comparison: the table, the sentence, and what could not be seen. */
import { describe, expect, it } from 'vitest';
import type { CompareDocument } from './document.js';
import markdownReport from './report/markdown.js';
import tableReport from './report/table.js';
import { documentOf, generationsOf, plan, side, still } from './testing.js';

const render = (document: CompareDocument): string => tableReport.render(document, { columns: 100, colour: false });
/** As one line: where it was wrapped does not matter. */
const told = (document: CompareDocument): string => render(document).replaceAll(/\s+/g, ' ');

describe('a comparison', () => {
  it('is told in a table, a sentence, and how much could have been seen', () => {
    const slower = { ...still, effect: Math.log(1.2) };
    const document = documentOf(generationsOf(slower, 1), { confirming: generationsOf(slower, 2) });
    expect(told(document)).toMatch(/throughput [\d,]+\/s [\d,]+\/s -1\d\.\d % \[.*\] regression/);
    expect(told(document)).toContain('single (candidate) is worse than single (baseline)');
    expect(told(document)).toContain('smallest change that this run could have seen: 5.00 % of throughput');
    expect(told(document)).toContain('seed 1; 10 generations of fresh processes x 20 slices of 150ms');
    expect(
      render(document)
        .split('\n')
        .every((line) => line.length <= 100),
    ).toBe(true);
    expect(markdownReport.render(document)).toContain('| throughput |');
  });

  it('tells exact changes, and that exclusion was not looked at where nobody meets', () => {
    const more = generationsOf(still, 1).map((one) => ({
      ...one,
      pairs: one.pairs.map((pair) => ({
        ...pair,
        candidate: { ...pair.candidate, commands: 3 * pair.candidate.grants },
      })),
    }));
    expect(told(documentOf(more))).toContain('commands per cycle: 2.00 before, 3.00 now: an exact change');
    expect(told(documentOf(more))).toContain('mutual exclusion was not looked at');
  });

  it('says beside "no violation" that the candidate was looked at far less', () => {
    const fewer = generationsOf({ ...still, effect: Math.log(4) }, 1);
    const meet = { plan: { ...plan, keys: 1 } };
    expect(told(documentOf(generationsOf(still, 1), meet))).toMatch(/no violation seen: .* \(rate below [\d.]+ %\)/);
    expect(told(documentOf(generationsOf(still, 1), meet))).not.toContain('far less');
    expect(told(documentOf(fewer, meet))).toContain('looked at far less, 2');
  });

  it('puts violations before everything else', () => {
    const broken = generationsOf({ ...still, effect: -0.5 }, 1).map((one) => ({
      ...one,
      pairs: one.pairs.map((pair) => ({ ...pair, candidate: { ...pair.candidate, violations: 1 } })),
    }));
    expect(told(documentOf(broken, { plan: { ...plan, keys: 1, candidate: { ...side, label: 'other' } } }))).toMatch(
      /violation: the candidate let two holders in 200 times .* improvement: other is better/,
    );
  });

  it('says why there is no verdict, and what an interruption has left', () => {
    expect(told(documentOf(generationsOf(still, 1).slice(0, 3)))).toContain(
      'invalid, no verdict: generations measured: 3',
    );
    expect(told(documentOf(generationsOf(still, 1), { interrupted: true }))).toContain(
      'inconclusive, for it was interrupted',
    );
  });

  it('tells of a calibration from where on changes count', () => {
    expect(told(documentOf(generationsOf(still, 1), { kind: 'calibrate' }))).toMatch(
      /compared with itself: .* changes count here from [\d.]+ % of throughput/,
    );
  });
});
