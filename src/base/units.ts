/**
 * Figures as people read and write them. Every formatter keeps three significant digits, for a benchmark knows no more,
 * and picks the unit after rounding: 999.9 us is `1.00ms`, never `1000us`. Exact are only counts and settings.
 */
import type { MetricUnit } from '../contract/index.js';

/** What is printed where there is no figure: too few samples, nothing measured. Never 0. */
export const noFigure = '-';

type Figure = number | null;

const timeUnits = [
  { unit: 'ns', us: 1e-3 },
  { unit: 'us', us: 1 },
  { unit: 'ms', us: 1e3 },
  { unit: 's', us: 1e6 },
] as const;

/** `412ns`, `640us`, `1.23ms`, `2.30s`, and `21.0m` or `3.00h` where a thousand seconds do not suffice. */
export function formatUs(us: Figure): string {
  if (us === null || !Number.isFinite(us)) return noFigure;
  if (us === 0) return '0us';
  for (const { unit, us: size } of timeUnits) {
    const rounded = toDigits(us / size, 3);
    if (Math.abs(rounded) < 1000) return significant(rounded, 3) + unit;
  }
  const minutes = us / 60e6;
  return Math.abs(minutes) < 120 ? `${significant(minutes, 3)}m` : `${formatNumber(minutes / 60)}h`;
}

export function formatMs(ms: Figure): string {
  return formatUs(ms === null ? null : ms * 1e3);
}

/** A setting, exactly as somebody would type it: `10s`, `1.5s`, `200ms`, `500us`. `parseDurationMs` reads it back. */
export function formatSettingMs(ms: number): string {
  if (!Number.isFinite(ms)) return noFigure;
  if (ms >= 3_600_000 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms >= 120_000 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  if (ms >= 1000) return `${shortest(ms / 1e3)}s`;
  return ms >= 1 || ms === 0 ? `${shortest(ms)}ms` : `${shortest(ms * 1e3)}us`;
}

/** Without a unit: `12,300`, `312`, `4.21`, `0.0123`. */
export function formatNumber(value: Figure, digits = 3): string {
  if (value === null || !Number.isFinite(value)) return noFigure;
  return value === 0 ? '0' : significant(value, digits);
}

/** Per second. */
export function formatRate(hz: Figure): string {
  return withUnit(formatNumber(hz), '/s');
}

/** Of a ratio: 0.0123 is `1.23 %`. */
export function formatPercent(ratio: Figure, digits = 3): string {
  return withUnit(formatNumber(ratio === null ? null : ratio * 100, digits), ' %');
}

/** Exact, with thousands separators. */
export function formatCount(count: Figure): string {
  return count === null || !Number.isFinite(count) ? noFigure : Math.round(count).toLocaleString('en-US');
}

/** A figure in the unit of its metric. */
export function formatFigure(value: Figure, unit: MetricUnit): string {
  switch (unit) {
    case 'us':
      return formatUs(value);
    case 'hz':
      return formatRate(value);
    case 'count':
      return formatCount(value);
    case 'ratio':
      return formatPercent(value);
    case 'number':
      return formatNumber(value);
  }
}

const durationPattern = /^(\d+(?:\.\d+)?|\.\d+) ?(us|µs|μs|ms|s|m|h)?$/;
const unitsMs: Readonly<Record<string, readonly [exponent: number, factor: number]>> = {
  us: [-3, 1],
  µs: [-3, 1],
  μs: [-3, 1],
  ms: [0, 1],
  s: [3, 1],
  m: [3, 60],
  h: [3, 3600],
};

/** `500us`, `20ms`, `10s`, `2m`, `1h`; a bare number is ms. Null for all else: signs, exponents, unknown units, no number. */
export function parseDurationMs(text: string): number | null {
  const match = durationPattern.exec(text.trim());
  if (match === null) return null;
  const [exponent, factor] = unitsMs[match[2] ?? 'ms'];
  // Shifted as text: 1.001 s is 1001 ms, which 1.001 * 1000 is not.
  const ms = Number(`${match[1]}e${exponent}`) * factor;
  return Number.isFinite(ms) ? ms : null;
}

function toDigits(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

function significant(value: number, digits: number): string {
  const rounded = toDigits(value, digits);
  if (Math.abs(rounded) >= 10 ** digits || Math.abs(rounded) >= 1000) return rounded.toLocaleString('en-US');
  return rounded.toPrecision(digits);
}

/** At most six decimals, none for show. */
function shortest(value: number): string {
  return String(Number(value.toFixed(6)));
}

function withUnit(figure: string, unit: string): string {
  return figure === noFigure ? figure : figure + unit;
}
