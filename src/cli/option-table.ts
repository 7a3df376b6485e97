/** Every option of the command line, of whatever command: help and parser read this one table. */
import { comparisonOptions, configFile, conformanceOptions } from '../plan/command-options.js';
import { runOptions, type RunField } from '../plan/run-options.js';

const group = 'The run';
const flag = (help: string): RunField => ({ kind: 'boolean', default: false, help, group });

/** Those that are about the command itself. */
export const ownOptions: Readonly<Record<string, RunField>> = {
  'dry-run': flag('print the plan and stop'),
  config: { kind: 'text', default: '', help: `ci: the file (${configFile})`, group },
  install: flag('doctor: unpack what is missing into your cache folder, from packages of Debian or Ubuntu'),
  quiet: flag('no progress'),
};

export const allOptions: Readonly<Record<string, RunField>> = {
  ...ownOptions,
  ...runOptions,
  ...comparisonOptions,
  ...conformanceOptions,
};

/** What the program tells of itself. */
export const questions = { help: 'show this', version: 'show the version' } as const;
