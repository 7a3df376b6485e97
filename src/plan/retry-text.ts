/** `full-jitter:5ms-500ms`, `uniform:0-500ms`, `fixed:200ms`; the kind alone takes its usual times. */
import type { RetryPlan } from '../contract/index.js';
import { formatSettingMs, parseDurationMs } from '../base/units.js';
import type { Parsed } from './parse-field.js';

const usual: Readonly<Record<RetryPlan['kind'], readonly [number, number]>> = {
  'full-jitter': [5, 500],
  uniform: [0, 500],
  fixed: [200, 200],
};

const expected = 'full-jitter:MIN-MAX, uniform:MIN-MAX or fixed:TIME, such as full-jitter:5ms-500ms';

export function parseRetry(text: string): Parsed<Omit<RetryPlan, 'limit'>> {
  const [kind, times] = text.split(':', 2) as [RetryPlan['kind'], string?];
  if (!Object.hasOwn(usual, kind)) return { expected };
  if (times === undefined) return { value: { kind, minMs: usual[kind][0], maxMs: usual[kind][1] } };
  const [minMs, maxMs] = (kind === 'fixed' ? [times, times] : times.split('-', 2)).map((time) => parseDurationMs(time));
  if (minMs == null || maxMs == null || maxMs < minMs || (kind === 'full-jitter' && minMs === 0)) return { expected };
  return { value: { kind, minMs, maxMs } };
}

export function formatRetry({ kind, minMs, maxMs }: RetryPlan): string {
  return kind === 'fixed'
    ? `fixed:${formatSettingMs(minMs)}`
    : `${kind}:${formatSettingMs(minMs)}-${formatSettingMs(maxMs)}`;
}
