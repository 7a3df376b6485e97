/** From words to options: what yargs has no name for, and what the commands do not, is refused before anything else happens. */
import yargs from 'yargs';
import { LockbenchError } from '../contract/index.js';
import { nearest } from '../base/plugins.js';
import { comparisonOptions, conformanceOptions } from '../plan/command-options.js';
import type { Args } from './args.js';
import { allOptions, questions } from './option-table.js';

/** `commands` are those that there are. */
export async function parseArguments(words: readonly string[], commands: readonly string[]): Promise<Args> {
  const cli = yargs([...words])
    .scriptName('bench')
    .parserConfiguration({
      'camel-case-expansion': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'duplicate-arguments-array': true,
      'boolean-negation': false,
    })
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      throw new LockbenchError(
        'BAD_ARGUMENT',
        message ?? error.message,
        'bench --help shows every option with its default.',
      );
    });
  for (const name of Object.keys(questions)) cli.option(name, { type: 'boolean' });
  for (const [name, { kind }] of Object.entries(allOptions))
    cli.option(name, kind === 'boolean' ? { type: 'boolean' } : { type: 'string', requiresArg: true });
  const args = (await cli.parseAsync()) as Args;
  refuseUnknown(args, commands);
  return args;
}

function refuseUnknown(args: Args, commands: readonly string[]): void {
  const known = [...Object.keys(allOptions), ...Object.keys(questions)];
  for (const name of Object.keys(args)) {
    if (known.includes(name) || ['_', '$0'].includes(name)) continue;
    const near = nearest(name, known);
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `there is no option --${name}`,
      near.length > 0 ? `Did you mean --${near.join(' or --')}?` : 'bench --help shows all.',
    );
  }
  const [command = 'run', ...rest] = args._;
  if (!commands.includes(command)) {
    const near = nearest(command, commands);
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `there is no command ${JSON.stringify(command)}`,
      near.length > 0
        ? `Did you mean bench ${near.join(' or bench ')}?`
        : `There are: ${commands.join(', ')}. A strategy is named by --strategy.`,
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
