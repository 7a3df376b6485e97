import { describe, expect, it } from 'vitest';
import type { RunResult, ThresholdOperator, ThresholdPlan } from '../contract/index.js';
import { control, failed, latency, nothingMeasured, run, undecided } from '../report/fixtures.js';
import { metricNamed, metrics } from './metrics.js';
import { firstHopeless, judgeThreshold, thresholdsFor } from './thresholds.js';

function threshold(metric: string, operator: ThresholdOperator, limit: number): ThresholdPlan {
  return {
    text: `${metric}${operator}${limit}`,
    strategy: null,
    metric,
    operator,
    limit,
    unit: metricNamed(metric)!.unit,
  };
}

const judged = (one: ThresholdPlan, of: RunResult) => judgeThreshold(one, of);

describe('a threshold', () => {
  it.each<[ThresholdOperator, readonly boolean[]]>([
    ['<', [true, false, false]],
    ['<=', [true, true, false]],
    ['>', [false, false, true]],
    ['>=', [false, true, true]],
    ['==', [false, true, false]],
    ['!=', [true, false, true]],
  ])('with %s holds below, at and above its limit as it says', (operator, expected) => {
    const seen = [1, 2, 3].map((starved) => run('a', { fairness: { jain: 1, starved } }));
    expect(seen.map((one) => judged(threshold('starved', operator, 2), one).ok)).toEqual(expected);
  });

  it('tells what was observed, in the unit of its metric', () => {
    expect(judged(threshold('acquire.p99', '<', 5000), run('a'))).toMatchObject({
      observed: 1930,
      unit: 'us',
      ok: true,
    });
    const refused = { busy: 312, tooLate: 0, unreachable: 0 };
    expect(judged(threshold('refused.busy', '<', 0.005), run('a', { attempts: 31_200, refused }))).toMatchObject({
      observed: 0.01,
      ok: false,
    });
  });

  it.each<[string, Parameters<typeof run>[1], string]>([
    ['extend.p99', {}, 'no extend was recorded'],
    ['acquire.p99', { latencyUs: { acquire: latency(400, null, 900, 412) } }, '412 samples are too few for a p99'],
    ['wait.max', { waitUs: nothingMeasured }, 'no wait was recorded'],
    ['violations', { verdicts: [] }, 'was not checked'],
    ['violations', { verdicts: [undecided('mutual-exclusion', 'a worker died')] }, 'is undecided'],
    ['commandsPerGrant', { commandsPerGrant: null }, 'was not counted'],
    ['jain', { fairness: { jain: null, starved: 0 } }, 'nobody was granted'],
  ])('on %s without a figure is not met, whatever its limit', (metric, changes, words) => {
    for (const operator of ['<', '>=', '!='] as const) {
      const { observed, ok, why } = judged(threshold(metric, operator, 1), run('a', changes));
      expect([observed, ok]).toEqual([null, false]);
      expect(why).toContain(words);
    }
  });

  it('counts violations as the table does: the largest of any check', () => {
    const verdicts = [
      failed('mutual-exclusion', 7),
      failed('mutual-exclusion-cell', 9),
      failed('keys-left', 99, [], false),
    ];
    expect(judged(threshold('violations', '==', 0), run('a', { verdicts })).observed).toBe(9);
  });

  it('is for the contestant that it names, or for all but the control', () => {
    const all = threshold('jain', '>', 0.9);
    const named = { ...all, strategy: 'none' };
    const labels = (label: string, one: RunResult) =>
      thresholdsFor({ thresholds: [all, named] }, { label, topology: one.topology }).map(({ strategy }) => strategy);
    expect(labels('single', run('single'))).toEqual([null]);
    expect(labels('none', control(3))).toEqual(['none']);
  });
});

describe('an early end', () => {
  const hopeless = (one: ThresholdPlan, of: RunResult, last: boolean) => firstHopeless([one], of, last)?.text ?? null;
  const violated = run('a', { verdicts: [failed('mutual-exclusion', 2)] });

  it('comes with what only grows and is beyond its limit, rounds left or not', () => {
    expect(hopeless(threshold('violations', '==', 0), violated, false)).toBe('violations==0');
    expect(hopeless(threshold('violations', '<=', 2), violated, false)).toBeNull();
    expect(hopeless(threshold('acquire.max', '<', 9000), run('a'), false)).toBe('acquire.max<9000');
  });

  it('waits for the last round where more rounds may make it good', () => {
    for (const one of [
      threshold('acquire.p99', '<', 1),
      threshold('grants', '>', 1e9),
      threshold('extend.p99', '<', 1),
    ]) {
      expect(hopeless(one, run('a'), false)).toBeNull();
      expect(hopeless(one, run('a'), true)).toBe(one.text);
    }
  });

  it('does not come while all are met', () => {
    expect(hopeless(threshold('jain', '>', 0.9), run('a'), true)).toBeNull();
  });
});

describe('the metrics', () => {
  it('have names of their own, and read a figure or say why there is none', () => {
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
    for (const metric of metrics) {
      const figure = metric.of(run('a'));
      expect(typeof figure === 'string' ? figure.length : figure).toBeGreaterThanOrEqual(0);
    }
  });
});
