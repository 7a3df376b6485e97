/** What each command takes: the command line, its help, the configuration file and its schema read this. */
import { runOptions, type RunField } from './run-options.js';

const day = 86_400_000;

/** What `bench ci` reads where it is told of no other. */
export const configFile = 'bench.config.json';

export const comparisonOptions: Readonly<Record<string, RunField>> = Object.fromEntries(
  Object.entries({
    baseline: {
      kind: 'text',
      default: '',
      help: 'compare: the design that is there, such as redlock@git=main',
    },
    candidate: {
      kind: 'text',
      default: '',
      help: 'compare: the design that may replace it, such as redlock or ./my-lock.js',
    },
    budget: { kind: 'duration', default: 75_000, minMs: 1, maxMs: day, help: 'compare, calibrate: time to spend' },
    inconclusive: {
      kind: 'choice',
      default: 'pass',
      choices: ['pass', 'fail'],
      help: 'compare: what an open question exits with',
    },
  } as const).map(([name, field]) => [name, { ...field, group: 'Comparing two designs' }]),
);

export const conformanceOptions: Readonly<Record<string, RunField>> = {
  case: { kind: 'text', default: '', help: 'conform: these cases only', group: 'The run' },
};

/** Options of a run that make sense for a comparison, too. */
const inComparisons =
  'nodes replicas client servers redis redis-auth-file postgres etcd key-prefix image persistence contenders keys key-choice ttl hold think wait retry retries seed out format report'.split(
    ' ',
  );
/** Those of the suite: what belongs to a load has no meaning there. */
const inConformance = 'strategy client nodes replicas servers image format report'.split(' ');

function some(names: readonly string[]): Record<string, RunField> {
  return Object.fromEntries(names.map((name) => [name, runOptions[name]]));
}

const { baseline: _, candidate: __, inconclusive: ___, ...forCalibration } = comparisonOptions;

export const commandOptions = {
  run: runOptions,
  compare: { ...comparisonOptions, ...some(inComparisons) },
  calibrate: { ...some(['strategy']), ...forCalibration, ...some(inComparisons) },
  conform: { ...some(inConformance), ...conformanceOptions },
} as const satisfies Readonly<Record<string, Readonly<Record<string, RunField>>>>;

/** May be given again; each adds to what is there. */
export const repeatable: readonly string[] = ['strategy', 'fault', 'threshold', 'report'];
