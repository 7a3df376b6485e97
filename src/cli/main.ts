/**
 * The command line: answers what is asked about the program itself, else parses and dispatches, and turns every outcome into words
 * and an exit code. What is imported at the top is what `bench --help` needs; all else is loaded by whoever asks for it.
 */
import { exitCodes } from '../contract/index.js';
import type { Args } from './args.js';
import { tell } from './tell.js';
import { finish, print } from './terminal-output.js';

const commands: Readonly<Record<string, (args: Args) => Promise<number>>> = {
  run: async (args) => (await import('./step.js')).perform(args, (await import('./run.js')).prepareRun),
  check: async (args) => (await import('./check.js')).checkCommand(args),
  report: async (args) => (await import('./report.js')).reportCommand(args),
  conform: async (args) => (await import('./step.js')).perform(args, (await import('./conform.js')).prepareConformance),
  compare: async (args) => (await import('./step.js')).perform(args, (await import('./compare.js')).prepareComparison),
  calibrate: async (args) =>
    (await import('./step.js')).perform(args, (await import('./compare.js')).prepareCalibration),
  ci: async (args) => (await import('./ci.js')).ciCommand(args),
  list: async (args) => (await import('./list.js')).listCommand(args),
  doctor: async (args) => (await import('./doctor.js')).doctorCommand(args),
};

const widestHelp = 110;

async function answer(question: 'help' | 'version'): Promise<number> {
  const text =
    question === 'help'
      ? (await import('./help.js')).helpText(Math.min(widestHelp, process.stdout.columns ?? widestHelp))
      : `${(await import('../base/packages.js')).packageVersion()}\n`;
  await print(text);
  return exitCodes.ok;
}

async function main(words: readonly string[]): Promise<number> {
  const options = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  if (options.includes('--help') || options.includes('-h')) return answer('help');
  if (options.includes('--version')) return answer('version');
  const { parseArguments } = await import('./parse.js');
  const args = await parseArguments(words, Object.keys(commands));
  if (args['help'] === true) return answer('help');
  if (args['version'] === true) return answer('version');
  // Standard output belongs to the report: what a plug-in logs goes to standard error.
  const { Console } = await import('node:console');
  globalThis.console = new Console(process.stderr, process.stderr);
  return commands[args._[0] ?? 'run'](args);
}

process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
main(process.argv.slice(2)).then(finish, (error: unknown) => finish(tell(error)));
