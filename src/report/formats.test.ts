import { describe, expect, it } from 'vitest';
import type { Reporter } from '../contract/index.js';
import csvReporter from './csv.js';
import { control, failed, latency, passed, result, round, run } from './fixtures.js';
import jsonReporter from './json.js';
import markdownReporter from './markdown.js';

const [csv, json, markdown]: readonly Reporter[] = [csvReporter, jsonReporter, markdownReporter];
const style = { columns: 100, colour: true };
const long = 'redlock@fanout=sequential,client=node-redis';

describe('json', () => {
  it('is the result and nothing else', () => {
    const of = result([run('single'), control(3)]);
    const text = json.render(of, style);
    expect(text).toBe(`${JSON.stringify(of, null, 2)}\n`);
    expect(JSON.parse(text)).toEqual(of);
  });
});

describe('csv', () => {
  const rows = (text: string): string[] => text.split('\r\n');

  it('has one row per run under a header, and ends its lines as RFC 4180 says', () => {
    const [head, ...data] = rows(csv.render(result([run('single'), run('redlock')]), style));
    expect(data).toHaveLength(3);
    expect(data[2]).toBe('');
    expect(data.slice(0, 2).map((row) => row.split(',').length)).toEqual([
      head.split(',').length,
      head.split(',').length,
    ]);
  });

  it('has the same columns for every result', () => {
    const [head] = rows(csv.render(result([]), style));
    expect(rows(csv.render(result([control(1), run('single', { repeats: [round(1, 1)] })]), style))[0]).toBe(head);
    expect(head).toContain('throughputHz,throughputMinHz,throughputMaxHz,handoffHz');
    expect(head).toContain('waitCount,waitMeanUs,waitP50Us,waitP90Us,waitP99Us,waitP999Us,waitMaxUs');
  });

  it('quotes what holds a comma, a quote or a line end', () => {
    const text = csv.render(result([run(long, { options: { note: 'say "a"\nb' } })]), style);
    expect(text).toContain(`"${long}","note=say ""a""\nb",ioredis`);
  });

  it('leaves the field of a missing figure empty', () => {
    const of = result([run('single', { waitUs: latency(8000, null, 9000, 400) })]);
    const [head, row] = rows(csv.render(of, style)).map((line) => line.split(','));
    expect(row[head.indexOf('waitP99Us')]).toBe('');
    expect(row[head.indexOf('waitMaxUs')]).toBe('9000');
  });

  it('tells the spread of the rounds and the outcome of each check', () => {
    const verdicts = [passed('accounting'), failed('mutual-exclusion', 7), failed('lost-updates', 5)];
    const of = result([run('single', { verdicts, repeats: [round(1, 10), round(2, 30)] })]);
    const [head, row] = rows(csv.render(of, style)).map((line) => line.split(','));
    const field = (name: string): string => row[head.indexOf(name)];
    expect(['rounds', 'throughputMinHz', 'throughputMaxHz', 'violations'].map(field)).toEqual(['2', '10', '30', '7']);
    expect([field('checksFailed'), field('checksPassed')]).toEqual(['mutual-exclusion;lost-updates', 'accounting']);
  });
});

describe('markdown', () => {
  const render = (...args: Parameters<typeof result>): string[] => markdown.render(result(...args), style).split('\n');

  it('has a table with as many cells in every row', () => {
    const rows = render([run('single'), run('a|b'), control(4)]).filter((line) => line.startsWith('|'));
    const cells = rows.map((line) => line.replaceAll('\\|', '').split('|').length);
    expect(new Set(cells)).toEqual(new Set([cells[0]]));
    expect(rows).toHaveLength(5);
    expect(rows[0]).toContain('| hand-offs/s | wait p50 |');
  });

  it('shows the spread where there are rounds', () => {
    const text = render([run('single', { repeats: [round(1, 2900), round(2, 3200)] })]).join('\n');
    expect(text).toContain('| spread over rounds |');
    expect(text).toContain('| 2 rounds: 2,900..3,200 grants/s |');
  });

  it('has the words, the evidence as it is, and the verdicts', () => {
    const evidence = ['key 0: *two* inside', '  +0.1 s  w0.0 enters'];
    const text = render([run('single', { verdicts: [failed('mutual-exclusion', 3, evidence)] })]).join('\n');
    expect(text).toContain('- **VIOLATION** single: mutual exclusion was broken: 3 of');
    expect(text).toContain('  ```text\n  key 0: *two* inside\n    +0.1 s  w0.0 enters\n  ```');
    expect(text).toContain('- `single`: FAIL mutual-exclusion (3)');
  });

  it('lets no text become markup, nor a mention of somebody', () => {
    const text = render([run('single', { incidents: ['<b>_x_</b> | @somebody'] })]).join('\n');
    expect(text).toContain('\\<b\\>\\_x\\_\\</b\\> \\| @\u200bsomebody');
  });

  it('has no colour and ends with one line end', () => {
    const text = markdown.render(result([run('single')]), style);
    expect(text).not.toContain('\u001b');
    expect(text).toMatch(/[^\n]\n$/);
  });
});
