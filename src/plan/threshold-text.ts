/** `[LABEL:]METRIC OPERATOR VALUE`, as it is typed: `acquire.p99<5ms`, `redlock@quorum=all:violations==0`. */
import { thresholdOperators, type MetricUnit, type ThresholdOperator } from '../contract/index.js';
import { parseDurationMs } from '../base/units.js';
import type { Parsed } from './parse-field.js';

export interface ThresholdText {
  readonly label: string | null;
  readonly metric: string;
  readonly operator: ThresholdOperator;
  readonly value: string;
}

export const thresholdForm = `METRIC OPERATOR VALUE with one of ${thresholdOperators.join(' ')}, such as acquire.p99<5ms or violations==0`;

/** A label may hold colons and equals signs of its own (`single@retry=fixed:20ms`), a metric holds neither. */
const shape = /^(?:(.+):)?\s*([A-Za-z0-9.]+)\s*(<=|>=|==|!=|<|>)\s*([^<>=!\s].*)$/;

/** Several stand in lines of their own: a label has commas, and blanks are for reading. */
export function splitThresholds(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

export function parseThreshold(text: string): ThresholdText | null {
  const match = shape.exec(text);
  if (match === null) return null;
  const [, label, metric, operator, value] = match;
  return {
    label: label?.trim() ?? null,
    metric,
    operator: thresholdOperators.find((one) => one === operator)!,
    value: value.trim(),
  };
}

/** The limit in the unit of its metric. */
export function parseLimit(text: string, unit: MetricUnit): Parsed<number> {
  switch (unit) {
    case 'us': {
      const ms = parseDurationMs(text);
      // To the ns, below which nothing is measured: 0.3 ms is 300 us, which 0.3 * 1000 need not be.
      return ms === null ? { expected: 'a time such as 250us or 5ms' } : { value: Math.round(ms * 1e6) / 1e3 };
    }
    case 'count':
      return /^\d{1,15}$/.test(text) ? { value: Number(text) } : { expected: 'a whole number' };
    case 'hz':
      return plain(text.replace(/ ?\/s$/, '')) ?? { expected: 'a number per second such as 1000 or 1000/s' };
    case 'number':
      return plain(text) ?? { expected: 'a number such as 10 or 2.5' };
    case 'ratio':
      return ratio(text) ?? { expected: 'a share such as 90% or 0.9' };
  }
}

function plain(text: string): Parsed<number> | null {
  return /^\d+(\.\d+)?$/.test(text) ? { value: Number(text) } : null;
}

function ratio(text: string): Parsed<number> | null {
  const percent = plain(text.replace(/ ?%$/, ''));
  if (percent === null || !('value' in percent)) return null;
  const value = text.endsWith('%') ? percent.value / 100 : percent.value;
  return value <= 1 ? { value } : null;
}
