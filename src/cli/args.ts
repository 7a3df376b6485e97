import { runOptions } from '../plan/run-options.js';

/** What the parser hands over: options by name, and `_` with the words that are none. */
export type Args = Readonly<Record<string, unknown>> & { readonly _: readonly string[] };

/** A text option as given, or its default. */
export function textOption(args: Args, name: string): string {
  const value = args[name];
  return typeof value === 'string' ? value : String(runOptions[name].default);
}
