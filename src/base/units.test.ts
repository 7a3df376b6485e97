import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatMs,
  formatNumber,
  formatPercent,
  formatRate,
  formatSettingMs,
  formatUs,
  parseDurationMs,
} from './units.js';

describe('formatUs', () => {
  it.each([
    [0, '0us'],
    [0.412, '412ns'],
    [0.9996, '1.00us'],
    [1, '1.00us'],
    [9.994, '9.99us'],
    [9.996, '10.0us'],
    [99.96, '100us'],
    [640, '640us'],
    [999.4, '999us'],
    [999.9, '1.00ms'],
    [1234, '1.23ms'],
    [12_340, '12.3ms'],
    [999_400, '999ms'],
    [999_600, '1.00s'],
    [2_300_000, '2.30s'],
    [999e6, '999s'],
    [1260e6, '21.0m'],
    [3 * 3600e6, '3.00h'],
    [-1500, '-1.50ms'],
  ])('prints %d us as %s', (us, text) => {
    expect(formatUs(us)).toBe(text);
  });

  it('prints a dash where there is no figure', () => {
    expect([null, NaN, Infinity].map(formatUs)).toEqual(['-', '-', '-']);
    expect(formatMs(null)).toBe('-');
  });

  it('never needs more than six characters below a thousand seconds', () => {
    for (let us = 0.0123; us < 999e6; us *= 1.013) expect(formatUs(us).length).toBeLessThanOrEqual(6);
  });

  it('agrees with formatMs', () => {
    expect(formatMs(0.9999)).toBe('1.00ms');
    expect(formatMs(12_000)).toBe('12.0s');
  });
});

describe('numbers, rates, percentages and counts', () => {
  it('keep three significant digits', () => {
    expect([12_345, 999.6, 312.4, 99.96, 4.213, 0.01234, 0].map((hz) => formatRate(hz))).toEqual([
      '12,300/s',
      '1,000/s',
      '312/s',
      '100/s',
      '4.21/s',
      '0.0123/s',
      '0/s',
    ]);
    expect(formatNumber(1_234_567)).toBe('1,230,000');
    expect(formatNumber(150.4, 2)).toBe('150');
  });

  it('have no unit where there is no figure', () => {
    expect([formatRate(null), formatPercent(null), formatCount(null), formatNumber(NaN)]).toEqual(['-', '-', '-', '-']);
  });

  it('turn ratios into percent', () => {
    expect(formatPercent(3 / 31_204, 2)).toBe('0.0096 %');
    expect(formatPercent(1)).toBe('100 %');
  });

  it('keep counts exact', () => {
    expect([0, 999, 31_204].map(formatCount)).toEqual(['0', '999', '31,204']);
  });
});

describe('parseDurationMs', () => {
  it.each([
    ['500us', 0.5],
    ['500µs', 0.5],
    ['20ms', 20],
    ['10s', 10_000],
    ['1.001s', 1001],
    ['.5s', 500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['250', 250],
    ['0', 0],
    [' 5 ms ', 5],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each([
    '',
    ' ',
    '-5',
    '-5ms',
    '+5',
    'NaN',
    'Infinity',
    '5 days',
    '10S',
    '5msec',
    's',
    '.',
    '1e3',
    '1_000',
    '1,5s',
    '0x10',
  ])('rejects %j', (text) => {
    expect(parseDurationMs(text)).toBeNull();
  });

  it('reads back what formatSettingMs writes', () => {
    const settings = [0, 0.5, 0.001, 1, 1.5, 20, 999, 1000, 1500, 1001, 10_000, 90_000, 120_000, 3_600_000];
    expect(settings.map((ms) => parseDurationMs(formatSettingMs(ms)))).toEqual(settings);
    expect([10_000, 1500, 0.5, 120_000, 3_600_000].map(formatSettingMs)).toEqual(['10s', '1.5s', '500us', '2m', '1h']);
  });
});
