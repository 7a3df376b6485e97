/** Options that a plug-in declares: type, range, default and one line of help. The command line and the plan read these. */

export type OptionValue = string | number | boolean;

interface Field<T extends OptionValue> {
  readonly default: T;
  readonly help: string;
}

/** A whole number within [min, max]. */
export interface IntegerField extends Field<number> {
  readonly kind: 'integer';
  readonly min: number;
  readonly max: number;
}
/** Any number within [min, max]. */
export interface NumberField extends Field<number> {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
}
/** A time in ms within [minMs, maxMs]; written with a unit (`20ms`), a bare number is ms. */
export interface DurationField extends Field<number> {
  readonly kind: 'duration';
  readonly minMs: number;
  readonly maxMs: number;
}
export interface BooleanField extends Field<boolean> {
  readonly kind: 'boolean';
}
/** One of `choices`, or, where `integers` is given, a whole number within it (kept as text: `quorum=4`). */
export interface ChoiceField<T extends string = string> extends Field<T> {
  readonly kind: 'choice';
  readonly choices: readonly T[];
  readonly integers?: { readonly min: number; readonly max: number };
}

export type OptionField = IntegerField | NumberField | DurationField | BooleanField | ChoiceField;
export type Options = Readonly<Record<string, OptionValue>>;
export type OptionSpec<O> = { readonly [K in keyof O]: OptionField };
