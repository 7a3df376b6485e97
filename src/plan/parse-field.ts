/** From the text that a person wrote to the value of a declared option. */
import type { OptionField, OptionValue } from '../contract/index.js';
import { formatSettingMs, parseDurationMs } from '../base/units.js';

export type Parsed<T> = { readonly value: T } | { readonly expected: string };

export function parseField(field: OptionField, text: string): Parsed<OptionValue> {
  switch (field.kind) {
    case 'integer':
      return within(
        /^[+-]?\d+$/.test(text) ? Number(text) : NaN,
        field.min,
        field.max,
        `a whole number from ${field.min} to ${field.max}`,
      );
    case 'number':
      return within(
        text.trim() === '' ? NaN : Number(text),
        field.min,
        field.max,
        `a number from ${field.min} to ${field.max}`,
      );
    case 'duration':
      return within(
        parseDurationMs(text) ?? NaN,
        field.minMs,
        field.maxMs,
        `a duration from ${formatSettingMs(field.minMs)} to ${formatSettingMs(field.maxMs)}, such as 500us, 20ms, 10s or 2m`,
      );
    case 'boolean':
      return text === 'true' || text === 'false' ? { value: text === 'true' } : { expected: 'true or false' };
    case 'choice': {
      if (field.choices.includes(text)) return { value: text };
      const numbers = field.integers;
      const expected = [
        ...field.choices,
        ...(numbers === undefined ? [] : [`a whole number from ${numbers.min} to ${numbers.max}`]),
      ];
      const value = /^\d+$/.test(text) ? Number(text) : NaN;
      if (numbers !== undefined && value >= numbers.min && value <= numbers.max) return { value: String(value) };
      return { expected: `one of ${expected.join(', ')}` };
    }
  }
}

function within(value: number, min: number, max: number, expected: string): Parsed<number> {
  return value >= min && value <= max ? { value } : { expected };
}

/** Words for `--help` and `bench list`. */
export function describeField(field: OptionField): string {
  switch (field.kind) {
    case 'integer':
    case 'number':
      return `${field.min}..${field.max}`;
    case 'duration':
      return 'duration';
    case 'boolean':
      return 'true|false';
    case 'choice':
      return [...field.choices, ...(field.integers === undefined ? [] : ['K'])].join('|');
  }
}

export function showDefault(field: OptionField): string {
  return field.kind === 'duration' ? formatSettingMs(field.default) : String(field.default);
}
