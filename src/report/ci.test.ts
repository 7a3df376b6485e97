/** The reports for CI: what they hold, and that their formats are what their readers expect. */
import { HistogramLogReader } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { latencyNames, type Reporter, type StoredHistograms, type ThresholdResult } from '../contract/index.js';
import { encodeHistogram } from '../record/hdr.js';
import { emptyHistogram, recordNs } from '../record/histogram.js';
import { summariseLatency } from '../stats/latency.js';
import { control, failed, passed, result, round, run, stormy, undecided } from './fixtures.js';
import biggerReporter from './github-action-benchmark-bigger.js';
import smallerReporter from './github-action-benchmark.js';
import csvReporter from './csv.js';
import githubReporter from './github.js';
import hgrmReporter from './hgrm.js';
import hlogReporter from './hlog.js';
import junitReporter from './junit.js';
import markdownReporter from './markdown.js';
import tableReporter from './table.js';
import { outcomesOf, parseXml } from './testing.js';

const style = { columns: 100, colour: false };
const render = (reporter: Reporter, ...args: Parameters<typeof result>): string =>
  reporter.render(result(...args), style);

const crossed: ThresholdResult = {
  text: 'acquire.p99<1ms',
  metric: 'acquire.p99',
  operator: '<',
  limit: 1000,
  unit: 'us',
  observed: 1930,
  ok: false,
  why: '',
};
const met: ThresholdResult = { ...crossed, text: 'acquire.p99<5ms', limit: 5000, ok: true };
const empty: ThresholdResult = { ...crossed, text: 'extend.p99<5ms', observed: null, why: 'no extend was recorded' };

describe('junit', () => {
  const suites = (...args: Parameters<typeof result>) => parseXml(render(junitReporter, ...args));

  it('has a suite for each contestant and a case for each check and threshold', () => {
    const verdicts = [
      passed('accounting'),
      failed('mutual-exclusion', 3, ['who & when']),
      undecided('deadlock-freedom', 'too short'),
      failed('keys-left', 2, [], false),
    ];
    const xml = suites([run('single', { verdicts, thresholds: [met, crossed, empty] }), run('redlock')]);
    expect(xml.children.map(({ attributes }) => attributes.name)).toEqual(['single', 'redlock']);
    const [single] = xml.children;
    expect(outcomesOf(single)).toEqual({
      accounting: 'passed',
      'mutual-exclusion': 'failure',
      'deadlock-freedom': 'skipped',
      'keys-left': 'skipped',
      'acquire.p99<5ms': 'passed',
      'acquire.p99<1ms': 'failure',
      'extend.p99<5ms': 'failure',
      'the run is valid': 'passed',
    });
    expect(single.attributes).toMatchObject({ tests: '8', failures: '3', errors: '0', skipped: '2', time: '10.000' });
    expect(xml.attributes).toMatchObject({ tests: '12', failures: '3' });
    expect(single.children.find(({ name }) => name === 'system-out')?.text).toContain('  who & when');
    const properties = single.children[0].children.map(({ attributes }) => [attributes.name, attributes.value]);
    expect(properties).toEqual(expect.arrayContaining([['seed', '3735928559']]));
    expect(Object.fromEntries(properties)).toMatchObject({ plan: expect.stringMatching(/plan\.json$/) as string });
  });

  it('has an error where the figures are not valid', () => {
    const load = { shape: 'rate', targetHz: 2000, achievedHz: 900 };
    const [suite] = suites([run('single', { load })]).children;
    expect(outcomesOf(suite)['the run is valid']).toBe('error');
    expect(suite.attributes.errors).toBe('1');
  });

  it('is well-formed whatever the texts hold', () => {
    const nasty = '<&>"\' \u0000\u001b]]> \ud800 \uffff @\n\t\r';
    const verdicts = [failed('mutual-exclusion', 1, [nasty]), undecided('overstay', nasty)];
    const [suite] = suites([run(nasty, { verdicts })], { folder: nasty }).children;
    expect(suite.attributes.name).toBe('<&>"\' \ufffd\ufffd]]> \ufffd \ufffd @\n\t\r');
    expect(parseXml(junitReporter.render(stormy())).children).toHaveLength(3);
  });
});

describe('github', () => {
  it('annotates violations, crossed thresholds and runs that are not valid, each in one line', () => {
    const load = { shape: 'rate', targetHz: 2000, achievedHz: 900 };
    const verdicts = [failed('mutual-exclusion', 2, ['100 % sure', 'a, b: c'])];
    const lines = render(githubReporter, [
      run('redlock@quorum=2,nodes=3', { verdicts, thresholds: [met, crossed], load }),
    ])
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['::error', '::error', '::warning', '::notice']);
    expect(lines[0]).toMatch(
      /^::error title=redlock@quorum=2%2Cnodes=3%3A mutual-exclusion::mutual exclusion was broken/,
    );
    expect(lines[0]).toContain('%0A100 %25 sure%0Aa, b: c');
    expect(lines[1]).toContain('threshold acquire.p99<1ms::1.93ms, crossed');
    expect(lines[2]).toContain('900 of 2000 arrivals per second');
  });

  it('says why a run ended early, and what was seen where all is well', () => {
    const early = render(githubReporter, [run('single')], { partial: true, endedEarly: 'the run ended early: x' });
    expect(early).toContain('::warning title=lockbench%3A partial result::the run ended early: x\n');
    expect(render(githubReporter, [run('single')])).toMatch(
      /^::notice title=lockbench%3A single::[^\n]*0 violations seen/,
    );
  });
});

describe('github-action-benchmark', () => {
  const points = (reporter: Reporter, ...args: Parameters<typeof result>) =>
    JSON.parse(render(reporter, ...args)) as { name: string; unit: string; value: number; range?: string }[];

  it('has an entry for each figure that is there, smaller and bigger apart', () => {
    const repeats = [round(1, 10), round(2, 30)];
    const smaller = points(smallerReporter, [run('single', { repeats }), control(3)]);
    expect(smaller[0]).toMatchObject({ name: 'single: acquire p50', unit: 'us', value: 412, range: '412..412' });
    expect(smaller.every(({ name, value }) => name.startsWith('single: ') && Number.isFinite(value))).toBe(true);
    expect(points(biggerReporter, [run('single', { repeats })])[0]).toMatchObject({
      name: 'single: grants',
      value: 3120.4,
      range: '10..30',
    });
    const undecidedRun = run('single', { verdicts: [undecided('mutual-exclusion', 'x')], commandsPerGrant: null });
    expect(points(smallerReporter, [undecidedRun]).map(({ name }) => name)).not.toContain('single: violations');
  });
});

/** Two rounds of two contestants, with what the table would tell of them. */
function recorded(): { stored: StoredHistograms[]; told: Map<string, ReturnType<typeof summariseLatency>> } {
  const counts = new Map<string, Float64Array>();
  const strategies = ['single', 'redlock@quorum=all,client=node-redis'];
  const stored = [1, 2].flatMap((number) =>
    strategies.map((strategy, at) => {
      const histograms = Object.fromEntries(
        latencyNames.map((latency, offset) => {
          const own = emptyHistogram();
          const all = counts.get(`${strategy} ${latency}`) ?? emptyHistogram();
          counts.set(`${strategy} ${latency}`, all);
          if (latency !== 'extend')
            for (let i = 0; i < 1000; i += 1) {
              const ns = 1000 * (offset + 1) * (at + number) + i * i * 7;
              recordNs(own, ns);
              recordNs(all, ns);
            }
          return [latency, encodeHistogram(own)];
        }),
      ) as StoredHistograms['histograms'];
      return { strategy, round: number, unit: 'ns' as const, startMs: number * 1000, durationMs: 900, histograms };
    }),
  );
  return { stored, told: new Map([...counts].map(([name, one]) => [name, summariseLatency(one)])) };
}

describe('hlog', () => {
  it('read back by the library gives the percentiles of the table', () => {
    const { stored, told } = recorded();
    const reader = new HistogramLogReader(hlogReporter.render(result([run('single')]), style, stored), 64);
    const read = new Map<string, ReturnType<typeof reader.nextIntervalHistogram> & object>();
    const starts = new Set<number>();
    for (let one = reader.nextIntervalHistogram(); one !== null; one = reader.nextIntervalHistogram()) {
      starts.add(one.startTimeStampMsec);
      const before = read.get(one.tag);
      if (before === undefined) read.set(one.tag, one);
      else before.add(one);
    }
    expect([...read.keys()]).toHaveLength(2 * (latencyNames.length - 1));
    expect(starts.size).toBe(2);
    for (const strategy of ['single', 'redlock@quorum=all,client=node-redis']) {
      for (const latency of ['acquire', 'wait']) {
        const summary = told.get(`${strategy} ${latency}`)!;
        const histogram = read.get(`${strategy.replace(',', ';')}/${latency}`)!;
        expect(histogram.totalCount).toBe(summary.count);
        expect([50, 90, 99].map((percent) => histogram.getValueAtPercentile(percent) / 1000)).toEqual([
          summary.p50,
          summary.p90,
          summary.p99,
        ]);
      }
    }
  });

  it('has the head that the tools look for', () => {
    const text = hlogReporter.render(result([]), style, []);
    expect(text).toContain('#[Histogram log format version 1.3]\n#[StartTime: 1772446530.000 (seconds since epoch)]\n');
    expect(text).toContain('"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"');
  });
});

describe('hgrm', () => {
  it('has the distribution of each contestant and latency over all rounds', () => {
    const { stored, told } = recorded();
    const sections = hgrmReporter.render(result([run('single')]), style, stored).split(/^(?=#\[Tag=)/m);
    expect(sections).toHaveLength(2 * (latencyNames.length - 1));
    const acquire = sections.find((text) => text.startsWith('#[Tag=single/acquire,'))!;
    const points = acquire
      .split('\n')
      .map((line) => line.trim().split(/ +/).map(Number))
      .filter((numbers) => numbers.length === 4 && numbers.every((value) => !Number.isNaN(value)));
    const summary = told.get('single acquire')!;
    for (const [ratio, expected] of [
      [0.5, summary.p50],
      [0.9, summary.p90],
    ] as const)
      expect(points.find(([, percentile]) => percentile === ratio)?.[0]).toBe(expected);
    expect(points[points.length - 1][2]).toBe(summary.count);
  });
});

describe('thresholds', () => {
  const of = [run('single', { thresholds: [met, crossed, empty] })];

  it('are told with what was seen, in the table, in markdown and in CSV', () => {
    const table = render(tableReporter, of);
    expect(table).toContain('✓ acquire.p99<5ms: 1.93ms\n');
    expect(table).toContain('✗ acquire.p99<1ms: 1.93ms, crossed');
    expect(table).toContain('✗ extend.p99<5ms: crossed, for no extend was recorded');
    expect(render(markdownReporter, of)).toContain('- `single`: ✗ acquire.p99\\<1ms: 1.93ms, crossed');
    const [head, row] = render(csvReporter, of)
      .split('\r\n')
      .map((line) => line.split(','));
    expect(head.slice(-2)).toEqual(['thresholds', 'thresholdsCrossed']);
    expect(row.slice(-2)).toEqual([
      'acquire.p99<5ms met 1930;acquire.p99<1ms crossed 1930;extend.p99<5ms crossed none',
      '2',
    ]);
  });

  it('have no place where there are none', () => {
    expect(render(tableReporter, [run('single')])).not.toContain('Thresholds');
  });
});
