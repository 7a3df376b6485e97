/**
 * `bench ci`: what a configuration file holds the locks to, step by step. All steps are read and checked before the first starts;
 * one that fails does not keep the next from being run, and the worst of them decides over the exit code.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LockbenchError, exitCodes } from '../contract/index.js';
import { painter, printable } from '../base/paint.js';
import { fieldsOf, parseConfig, type ConfigSection, type ConfigStep } from '../plan/config.js';
import { configFile, repeatable } from '../plan/command-options.js';
import { runOptions } from '../plan/run-options.js';
import type { Args } from './args.js';
import { prepareComparison } from './compare.js';
import { prepareConformance } from './conform.js';
import { listenForInterruption, type Interruption } from './interruption.js';
import { prepareRun } from './run.js';
import { progressFor, type Prepare, type Step } from './step.js';
import { tell } from './tell.js';
import { print } from './terminal-output.js';
import { terminalStyle } from './terminal.js';

const prepares: Readonly<Record<ConfigSection, Prepare>> = {
  run: prepareRun,
  conform: prepareConformance,
  compare: prepareComparison,
};

/** The worst first; what was interrupted ends everything. */
const severity: readonly number[] = [
  exitCodes.interrupted,
  exitCodes.terminated,
  exitCodes.violation,
  exitCodes.harness,
  exitCodes.usage,
  exitCodes.environment,
  exitCodes.invalid,
  exitCodes.threshold,
  exitCodes.ok,
];
const words: Readonly<Record<number, string>> = {
  [exitCodes.ok]: 'ok',
  [exitCodes.harness]: 'fault of lockbench',
  [exitCodes.usage]: 'wrong options',
  [exitCodes.environment]: 'could not run',
  [exitCodes.threshold]: 'not met',
  [exitCodes.violation]: 'VIOLATED',
  [exitCodes.invalid]: 'not valid',
  [exitCodes.interrupted]: 'interrupted',
  [exitCodes.terminated]: 'interrupted',
};

export async function ciCommand(args: Args): Promise<number> {
  const file = typeof args['config'] === 'string' ? args['config'] : configFile;
  const steps = withOverrides(parseConfig(read(file), file), args);
  checkReports(steps, file);
  const prepared: Step[] = [];
  const progress = progressFor(args);
  try {
    for (const step of steps) prepared.push(await prepare(step, file, args, (text) => progress.phase(text)));
    progress.end();
    if (args['dry-run'] === true) {
      await print(`${steps.map(commandLine).join('\n')}\n`);
      return exitCodes.ok;
    }
    const codes = await runAll(steps, prepared, args);
    await print(summary(steps, codes));
    return severity.find((code) => codes.includes(code)) ?? exitCodes.harness;
  } finally {
    for (const step of prepared) step.dispose();
  }
}

/** A file that two steps write tells of the second alone, and nobody would know. */
function checkReports(steps: readonly ConfigStep[], file: string): void {
  const writers = new Map<string, string>();
  for (const { title, options } of steps) {
    for (const report of [options['report'] ?? []].flat()) {
      const path = resolve(report.slice(report.indexOf('=') + 1));
      const other = writers.get(path);
      if (other !== undefined)
        throw new LockbenchError(
          'BAD_PLAN',
          `${file}: ${title}: --report: got ${JSON.stringify(report)}, which ${other} writes, too`,
          'Give each report a file of its own.',
        );
      writers.set(path, title);
    }
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LockbenchError(
      'BAD_PLAN',
      `the configuration cannot be read: ${(cause as Error).message}`,
      `bench ci reads ${configFile}, or what --config names. Such as: { "run": { "strategy": "redlock", "threshold": ["violations==0"] } }`,
      { cause },
    );
  }
}

async function prepare(
  { section, title, options }: ConfigStep,
  file: string,
  args: Args,
  onPhase: (text: string) => void,
): Promise<Step> {
  try {
    return await prepares[section]({ _: [section], ...booleans(options), quiet: args['quiet'] }, onPhase);
  } catch (error) {
    if (!(error instanceof LockbenchError)) throw error;
    const message = error.message
      .split('\n')
      .map((line) => `${file}: ${title}: ${line}`)
      .join('\n');
    throw new LockbenchError(error.code, message, error.hint, { cause: error });
  }
}

/** As the parser of the command line would hand them over. */
function booleans(options: ConfigStep['options']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, runOptions[name]?.kind === 'boolean' ? true : value]),
  );
}

/** Options beside the file: for every step that takes them, such as where the servers are on this machine. */
function withOverrides(steps: readonly ConfigStep[], args: Args): readonly ConfigStep[] {
  const own = ['_', '$0', 'config', 'quiet', 'dry-run', 'help', 'version'];
  const given = Object.entries(args).filter(
    (entry): entry is [string, string] => !own.includes(entry[0]) && entry[1] !== undefined,
  );
  for (const [name, value] of given) {
    const single = typeof value === 'string' && !repeatable.includes(name);
    if (single && steps.some(({ section }) => Object.hasOwn(fieldsOf(section), name))) continue;
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `bench ci takes no --${name}: it would mean another thing to each step`,
      'Write it into the configuration, or run that command by itself.',
    );
  }
  return steps.map((step) => ({
    ...step,
    options: {
      ...step.options,
      ...Object.fromEntries(given.filter(([name]) => Object.hasOwn(fieldsOf(step.section), name))),
    },
  }));
}

async function runAll(steps: readonly ConfigStep[], prepared: readonly Step[], args: Args): Promise<number[]> {
  const paint = painter(terminalStyle(process.stdout, process.env).colour);
  let progress = progressFor(args);
  const interruption = listenForInterruption({ note: (text) => progress.note(text) });
  const codes: number[] = [];
  for (const [i, step] of prepared.entries()) {
    if (interruption.signal.aborted) break;
    progress = progressFor(args);
    await print(`${i === 0 ? '' : '\n'}${paint('bold', printable(steps[i].title))}\n`);
    codes.push(await outcome(step, progress, interruption));
  }
  return codes;
}

async function outcome(
  step: Step,
  progress: ReturnType<typeof progressFor>,
  interruption: Interruption,
): Promise<number> {
  try {
    return await step.run(progress, interruption);
  } catch (error) {
    progress.end();
    return tell(error);
  } finally {
    progress.end();
  }
}

function summary(steps: readonly ConfigStep[], codes: readonly number[]): string {
  const told = steps.map(({ title }, i) => {
    const code = codes[i];
    const word = code === undefined ? 'not run' : words[code];
    return `  ${word.padEnd(18)}  ${printable(title)}${code === undefined || code === exitCodes.ok ? '' : ` (exit code ${code})`}`;
  });
  return `\nbench ci\n${told.join('\n')}\n`;
}

/** What one would type to have this step alone. */
function commandLine({ section, options }: ConfigStep): string {
  const given = Object.entries(options).flatMap(([name, value]) =>
    runOptions[name]?.kind === 'boolean' ? [`--${name}`] : [value].flat().flatMap((one) => [`--${name}`, quoted(one)]),
  );
  return ['bench', ...(section === 'run' ? [] : [section]), ...given].join(' ');
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
