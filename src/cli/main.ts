/** The command line: parses, dispatches, and turns every outcome into words and an exit code. */
import { Console } from 'node:console';
import yargs, { type Argv } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { LockbenchError, exitCodes } from '../contract/index.js';
import { nearest } from '../base/plugins.js';
import { comparisonOptions, conformanceOptions } from '../plan/command-options.js';
import { configFile } from '../plan/config.js';
import { defaultWords, runOptions } from '../plan/run-options.js';
import { showDefault } from '../plan/parse-field.js';
import { packageVersion } from '../base/packages.js';
import type { Args } from './args.js';
import { perform } from './step.js';
import { tell } from './tell.js';
import { finish } from './terminal-output.js';

/** Each command is loaded when it is asked for: `bench --help` needs none of them. */
const commands: Readonly<Record<string, (args: Args) => Promise<number>>> = {
  run: async (args) => perform(args, (await import('./run.js')).prepareRun),
  check: async (args) => (await import('./check.js')).checkCommand(args),
  report: async (args) => (await import('./report.js')).reportCommand(args),
  conform: async (args) => perform(args, (await import('./conform.js')).prepareConformance),
  compare: async (args) => perform(args, (await import('./compare.js')).prepareComparison),
  calibrate: async (args) => perform(args, (await import('./compare.js')).prepareCalibration),
  ci: async (args) => (await import('./ci.js')).ciCommand(args),
  list: async (args) => (await import('./list.js')).listCommand(args),
  doctor: async (args) => (await import('./doctor.js')).doctorCommand(args),
};

function describe(cli: Argv): Argv {
  cli
    .scriptName('bench')
    .usage(
      '$0 [options]           run lock designs against each other\n$0 check RUN           judge a stored run again\n$0 report RUN          print a stored run\n$0 conform              every behaviour that a lock promises, tried on real servers\n$0 compare              whether a candidate is slower or faster than a baseline, with its interval\n$0 calibrate            what differences can be told apart on this machine\n$0 ci                   what a configuration file holds the locks to, in one command\n$0 list [KIND]         strategies and their options, workloads, loads, faults, checks, metrics, reporters, scenarios\n$0 doctor              what this machine can do, and what to do about the rest',
    )
    .example('$0', 'redlock over five local Redis, twelve seconds')
    .example('$0 --strategy single,redlock,redlock@quorum=all', 'three contestants side by side')
    .example('$0 --strategy none --workload counter --duration 3s', 'what the checks see when there is no lock')
    .parserConfiguration({
      'camel-case-expansion': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'duplicate-arguments-array': true,
      'boolean-negation': false,
    })
    .option('dry-run', { type: 'boolean', describe: 'print the plan and stop', group: 'The run:' })
    .option('config', {
      type: 'string',
      requiresArg: true,
      describe: `ci: the file (${configFile})`,
      group: 'The run:',
    })
    .option('install', {
      type: 'boolean',
      describe: 'doctor: unpack what is missing into your cache folder, from packages of Debian or Ubuntu',
      group: 'The run:',
    })
    .option('quiet', { type: 'boolean', describe: 'no progress', group: 'The run:' })
    .epilogue(
      'Durations carry a unit (500us, 20ms, 10s, 2m); a bare number is milliseconds.\nExit codes: 0 ok, 1 harness, 2 arguments, 3 environment, 4 a threshold crossed or a regression, 5 a property violated, 6 the run is not valid, 130 interrupted.',
    )
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .help()
    .alias('help', 'h')
    .version(packageVersion());
  for (const [name, field] of Object.entries({ ...runOptions, ...otherOptions })) {
    const shown = defaultWords[name] ?? (field.kind === 'text' ? field.default : showDefault(field));
    const choices = field.kind === 'choice' ? `${field.choices.join(' | ')}: ` : '';
    if (field.kind === 'boolean') {
      cli.option(name, { type: 'boolean', describe: field.help, group: `${field.group}:` });
      continue;
    }
    cli.option(name, {
      type: 'string',
      requiresArg: true,
      describe: `${choices}${field.help}`,
      ...(shown === '' ? {} : { defaultDescription: shown }),
      group: `${field.group}:`,
    });
  }
  return cli;
}

/** Of single commands. */
const otherOptions = { ...comparisonOptions, ...conformanceOptions };

/** What yargs has no name for, and what the commands do not. */
function unknownArguments(args: Args): void {
  const known = [
    ...Object.keys({ ...runOptions, ...otherOptions }),
    'dry-run',
    'quiet',
    'install',
    'config',
    'help',
    'version',
  ];
  for (const name of Object.keys(args)) {
    if (known.includes(name) || ['_', '$0', 'h'].includes(name)) continue;
    const near = nearest(name, known);
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `there is no option --${name}`,
      near.length > 0 ? `Did you mean --${near.join(' or --')}?` : 'bench --help shows all.',
    );
  }
  const [command = 'run', ...rest] = args._;
  if (!Object.hasOwn(commands, command)) {
    const near = nearest(command, Object.keys(commands));
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `there is no command ${JSON.stringify(command)}`,
      near.length > 0
        ? `Did you mean bench ${near.join(' or bench ')}?`
        : `There are: ${Object.keys(commands).join(', ')}. A strategy is named by --strategy.`,
    );
  }
  misplaced(args, command, Object.keys(comparisonOptions), ['compare', 'calibrate', 'ci']);
  misplaced(args, command, Object.keys(conformanceOptions), ['conform', 'ci']);
  misplaced(args, command, ['config'], ['ci']);
  misplaced(args, command, ['install'], ['doctor']);
  // Taken and not judged, it would pass.
  misplaced(args, command, ['threshold'], ['run', 'ci']);
  const taken = ['check', 'report', 'list'].includes(command) ? 1 : 0;
  if (rest.length > taken)
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `too many arguments: ${rest.slice(taken).join(' ')}`,
      command === 'ci' ? 'A configuration is named by --config.' : 'bench --help shows what each command takes.',
    );
}

function misplaced(args: Args, command: string, names: readonly string[], meant: readonly string[]): void {
  const given = names.filter((name) => args[name] !== undefined);
  if (given.length === 0 || meant.includes(command)) return;
  const where = meant.map((one) => (one === 'run' ? 'a run' : `bench ${one}`)).join(', ');
  throw new LockbenchError(
    'BAD_ARGUMENT',
    `${command === 'run' ? 'a run' : `bench ${command}`} takes no ${given.map((name) => `--${name}`).join(', ')}`,
    `That is for ${where}.`,
  );
}

async function main(): Promise<number> {
  const cli = describe(yargs(hideBin(process.argv)))
    .exitProcess(false)
    .fail((message, error) => {
      throw new LockbenchError(
        'BAD_ARGUMENT',
        message ?? error.message,
        'bench --help shows every option with its default.',
      );
    });
  const args = (await cli.parseAsync()) as Args;
  if (args.help === true || args.version === true) return exitCodes.ok;
  unknownArguments(args);
  // Standard output belongs to the report: what a plug-in logs goes to standard error.
  globalThis.console = new Console(process.stderr, process.stderr);
  return commands[args._[0] ?? 'run'](args);
}

process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
main().then(finish, (error: unknown) => finish(tell(error)));
