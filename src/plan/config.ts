/**
 * The configuration file of `bench ci`: what a project holds its locks to, in one committed file. Each section is a command
 * with its options by the names and in the notation of the command line, so there is nothing new to learn. Pure.
 */
import { LockbenchError, type OptionField } from '../contract/index.js';
import { nearest } from '../base/plugins.js';
import { commandOptions, repeatable } from './command-options.js';
import type { TextField } from './run-options.js';

export const configSections = ['run', 'conform', 'compare'] as const;
export type ConfigSection = (typeof configSections)[number];

/** `format` belongs to whoever looks on, and a stored plan or another configuration to nobody. */
const notInFiles = ['format', 'plan'];

/** The options of a section, in the order of the command line. */
export function fieldsOf(section: ConfigSection): Readonly<Record<string, OptionField | TextField>> {
  return Object.fromEntries(Object.entries(commandOptions[section]).filter(([name]) => !notInFiles.includes(name)));
}

export interface ConfigStep {
  readonly section: ConfigSection;
  /** "run", or "run 2 of 3", or the name that it has. */
  readonly title: string;
  /** By option, as text; several where it was given as a list. */
  readonly options: Readonly<Record<string, string | readonly string[]>>;
}

/** The steps in the order of the file. Throws with every problem that it has. */
export function parseConfig(text: string, file: string): readonly ConfigStep[] {
  const problems: string[] = [];
  const root = parsed(text, file);
  const steps: ConfigStep[] = [];
  for (const [key, value] of Object.entries(root)) {
    if (key === '$schema') continue;
    if (!isSection(key)) problems.push(unknown(key, 'section', [...configSections]));
    else steps.push(...stepsOf(key, value, problems));
  }
  if (problems.length === 0 && steps.length === 0)
    problems.push(`it has nothing to do: give it some of ${configSections.join(', ')}`);
  if (problems.length === 0) return steps;
  throw new LockbenchError(
    'BAD_PLAN',
    problems.map((problem) => `${file}: ${problem}`).join('\n'),
    'The options are those of the command line: bench --help.',
  );
}

function parsed(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LockbenchError('BAD_PLAN', `${file} is not JSON: ${(cause as Error).message}`, '', { cause });
  }
  if (isObject(value)) return value;
  throw new LockbenchError('BAD_PLAN', `${file} is no object`, `Such as: { "run": { "strategy": "redlock" } }`);
}

function stepsOf(section: ConfigSection, value: unknown, problems: string[]): ConfigStep[] {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  return list.map((one, i) => {
    const place = list.length === 1 ? section : `${section} ${i + 1} of ${list.length}`;
    if (!isObject(one)) {
      problems.push(`${place}: got ${JSON.stringify(one)}, expected an object of options`);
      return { section, title: place, options: {} };
    }
    const { name, ...given } = one;
    if (name !== undefined && typeof name !== 'string')
      problems.push(`${place}: name: got ${JSON.stringify(name)}, expected text`);
    const title = typeof name === 'string' ? `${section}: ${name}` : place;
    return { section, title, options: optionsOf(section, place, given, problems) };
  });
}

function optionsOf(
  section: ConfigSection,
  place: string,
  given: Readonly<Record<string, unknown>>,
  problems: string[],
): ConfigStep['options'] {
  const fields = fieldsOf(section);
  const options: Record<string, string | readonly string[]> = {};
  for (const [option, value] of Object.entries(given)) {
    if (!Object.hasOwn(fields, option)) {
      problems.push(`${place}: ${unknown(option, 'option', ['name', ...Object.keys(fields)])}`);
      continue;
    }
    const texts = textsOf(value);
    if (texts === null || (texts.length !== 1 && !repeatable.includes(option)))
      problems.push(`${place}: ${option}: got ${JSON.stringify(value)}, expected ${expectedOf(option)}`);
    // The text "false" would switch it on.
    else if (fields[option].kind === 'boolean' && typeof value !== 'boolean')
      problems.push(`${place}: ${option}: got ${JSON.stringify(value)}, expected true or false`);
    // What is switched off is as if it were not there.
    else if (fields[option].kind !== 'boolean' || value !== false)
      options[option] = Array.isArray(value) ? texts : texts[0];
  }
  return options;
}

function textsOf(value: unknown): readonly string[] | null {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  const plain = list.every((one) => ['string', 'number', 'boolean'].includes(typeof one));
  return plain && list.length > 0 ? list.map(String) : null;
}

function expectedOf(option: string): string {
  return repeatable.includes(option) ? 'text, or a list of texts' : 'text, a number, true or false';
}

function unknown(name: string, what: string, known: readonly string[]): string {
  const near = nearest(name, known);
  const advice = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `there are ${known.join(', ')}`;
  return `there is no ${what} ${JSON.stringify(name)}; ${advice}`;
}

function isSection(key: string): key is ConfigSection {
  return (configSections as readonly string[]).includes(key);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
