/**
 * What `bench --help` prints. Laid out by ourselves: the parser's own way takes longer than Node to start, for it asks of every
 * character how wide it is.
 */
import { showDefault } from '../plan/parse-field.js';
import { defaultWords, type RunField } from '../plan/run-options.js';
import { groupBy, wrap } from '../report/text.js';
import { allOptions, questions } from './option-table.js';

const usages: readonly (readonly [words: string, help: string])[] = [
  ['[options]', 'run lock designs against each other'],
  ['check RUN', 'judge a stored run again'],
  ['report RUN', 'print a stored run'],
  ['conform', 'every behaviour that a lock promises, tried on real servers'],
  ['compare', 'whether a candidate is slower or faster than a baseline, with its interval'],
  ['calibrate', 'what differences can be told apart on this machine'],
  ['ci', 'what a configuration file holds the locks to, in one command'],
  ['list [KIND]', 'strategies and their options, workloads, loads, faults, checks, metrics, reporters, scenarios'],
  ['doctor', 'what this machine can do, and what to do about the rest'],
];

const examples: readonly (readonly [words: string, help: string])[] = [
  ['', 'redlock over five local Redis, twelve seconds'],
  ['--strategy single,redlock,redlock@quorum=all', 'three contestants side by side'],
  ['--strategy none --workload counter --duration 3s', 'what the checks see when there is no lock'],
];

const closing = [
  'Durations carry a unit (500us, 20ms, 10s, 2m); a bare number is milliseconds.',
  'Exit codes: 0 ok, 1 harness, 2 arguments, 3 environment, 4 a threshold crossed or a regression, 5 a property violated, 6 the run is not valid, 130 interrupted.',
];

export function helpText(columns: number): string {
  const bench = ([words, help]: readonly [string, string]): Entry => ({ words: `bench ${words}`.trim(), help });
  const groups = groupBy(Object.entries(allOptions), ([, { group }]) => group);
  const sections = [
    list(usages.map(bench), columns),
    ...groups.map(([title, fields]) => [`${title}:`, ...list(fields.map(entryOf), columns)]),
    ['This program:', ...list(Object.entries(questions).map(questionOf), columns)],
    ['Examples:', ...list(examples.map(bench), columns)],
    closing.flatMap((text) => wrap(text, columns)),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

interface Entry {
  readonly words: string;
  readonly help: string;
}

/** Words to the left, in a column as wide as the longest. */
function list(entries: readonly Entry[], columns: number): readonly string[] {
  const room = Math.max(...entries.map(({ words }) => words.length));
  return entries.flatMap(({ words, help }) => wrap(help, columns, `  ${words.padEnd(room)}  `));
}

function entryOf([name, field]: readonly [string, RunField]): Entry {
  const choices = field.kind === 'choice' ? `${field.choices.join(' | ')}: ` : '';
  const usual = field.kind === 'boolean' ? '' : usualOf(name, field);
  return { words: `--${name}`, help: `${choices}${field.help}${usual === '' ? '' : ` [default: ${usual}]`}` };
}

function usualOf(name: string, field: RunField): string {
  return defaultWords[name] ?? (field.kind === 'text' ? field.default : showDefault(field));
}

function questionOf([name, help]: readonly [string, string]): Entry {
  return { words: name === 'help' ? '-h, --help' : `--${name}`, help };
}
