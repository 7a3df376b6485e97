import { describe, expect, it } from 'vitest';
import { openCatalogue, type RawOptions } from './catalogue.js';
import { resolvePlan } from './resolve.js';
import { parseStoredPlan, restorePlan } from './stored-plan.js';

const catalogue = await openCatalogue();
const plan = (raw: RawOptions) => resolvePlan(raw, catalogue, [], 7);
const thresholds = (threshold: string, more: RawOptions = {}) =>
  plan({ strategy: 'redlock,redlock@retry=fixed:20ms,none', threshold, ...more }).thresholds;

describe('a threshold', () => {
  it.each([
    ['acquire.p99<5ms', { strategy: null, metric: 'acquire.p99', operator: '<', limit: 5000, unit: 'us' }],
    ['wait.max <= 2.5', { metric: 'wait.max', operator: '<=', limit: 2500, unit: 'us' }],
    ['acquire.mean<0.3ms', { limit: 300 }],
    ['violations==0', { metric: 'violations', operator: '==', limit: 0, unit: 'count' }],
    ['jain>90%', { operator: '>', limit: 0.9, unit: 'ratio' }],
    ['jain>=0.9', { operator: '>=', limit: 0.9 }],
    ['throughput>1000/s', { limit: 1000, unit: 'hz' }],
    ['commandsPerGrant!=10', { operator: '!=', limit: 10, unit: 'number' }],
    ['refused.busy<5 %', { metric: 'refused.busy', limit: 0.05 }],
    ['redlock:acquire.count>=10', { strategy: 'redlock', unit: 'count' }],
    ['redlock@retry=fixed:20ms: jain>0.5', { strategy: 'redlock@retry=fixed:20ms', metric: 'jain' }],
    ['none:violations>0', { strategy: 'none' }],
  ])('%s is read', (text, read) => {
    expect(thresholds(text)).toMatchObject([{ text, ...read }]);
  });

  it('may stand beside others', () => {
    expect(thresholds('jain>0.5\n\n violations==0 ').map(({ text }) => text)).toEqual(['jain>0.5', 'violations==0']);
  });

  it.each([
    ['acquire.p101<5', 'there is no metric acquire.p101; did you mean acquire.p50 or acquire.p90'],
    ['acquire.p101<5', 'throughput; handoffs; violations'],
    ['acquire.p99=5ms', 'METRIC OPERATOR VALUE'],
    ['acquire.p99', 'METRIC OPERATOR VALUE'],
    ['acquire.p99<', 'METRIC OPERATOR VALUE'],
    ['acquire.p99<90%', 'expected a time such as 250us or 5ms for acquire.p99'],
    ['acquire.p99<NaN', 'expected a time'],
    ['acquire.p99<-1ms', 'expected a time'],
    ['violations<1.5', 'expected a whole number for violations'],
    ['violations==0ms', 'expected a whole number'],
    ['jain>90', 'expected a share such as 90% or 0.9'],
    ['throughput>5ms', 'expected a number per second'],
    ['redlok:jain>0.9', 'did you mean redlock?'],
    ['trialsViolated==0', 'with --trials only'],
    ['sendDelay.p99<5ms', 'with --rate only'],
    ['extend.p99<5ms', 'with --auto-extend or --extend-every only'],
  ])('%s is refused: %s', (text, words) => {
    expect(() => thresholds(text)).toThrow(words);
  });

  it('is refused where it would be for nobody', () => {
    expect(() => plan({ strategy: 'none', threshold: 'violations==0' })).toThrow('none:violations==0');
    expect(plan({ strategy: 'none', threshold: 'none:violations==0' }).thresholds).toHaveLength(1);
    expect(() => plan({ 'abort-on-fail': 'true' })).toThrow('needs a --threshold');
  });

  it('takes what only some runs measure where this one does', () => {
    const measured = { rate: '10', 'extend-every': '1s', trials: '2' };
    expect(thresholds('sendDelay.p99<5ms\nextend.p50<5ms\ntrialsViolated==0', measured)).toHaveLength(3);
  });

  it('is kept in the plan and restored from it', () => {
    const one = plan({
      strategy: 'redlock,redlock@retry=fixed:20ms',
      threshold: 'redlock@retry=fixed:20ms:acquire.p99<5ms\njain>0.5',
      'abort-on-fail': 'true',
    });
    expect(restorePlan(parseStoredPlan(JSON.stringify(one)), catalogue)).toEqual(one);
    const changed = { ...one, thresholds: [{ ...one.thresholds[0], limit: 1 }] };
    expect(() => restorePlan(parseStoredPlan(JSON.stringify(changed)), catalogue)).toThrow('thresholds');
  });

  it('is none in a plan of the time before them', () => {
    const { thresholds: _, abortOnFail: __, ...older } = plan({});
    expect(restorePlan(parseStoredPlan(JSON.stringify(older)), catalogue)).toEqual(plan({}));
  });
});
