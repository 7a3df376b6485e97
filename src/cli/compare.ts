/** `bench compare` and `bench calibrate`: whether a candidate differs from a baseline, and what can be told apart here. */
import { formatSettingMs } from '../base/units.js';
import type { CompareDocument } from '../compare/document.js';
import { runExperiment } from '../compare/experiment.js';
import { renderMarkdown } from '../compare/markdown.js';
import { designMs, type ComparePlan } from '../compare/plan.js';
import { designOf } from '../compare/course.js';
import { Revisions } from '../compare/revision.js';
import { renderTable } from '../compare/table.js';
import { unknownName } from '../base/plugins.js';
import { exitCodes } from '../contract/index.js';
import { runOptions } from '../plan/run-options.js';
import { type Args, textOption } from './args.js';
import { chooseComparison, type Comparison } from './compare-options.js';
import { listenForInterruption } from './interruption.js';
import { createProgress } from './progress.js';
import { print } from './terminal-output.js';
import { terminalStyle } from './terminal.js';

const formats: Readonly<Record<string, (document: CompareDocument) => string>> = {
  table: (document) => renderTable(document, terminalStyle(process.stdout, process.env)),
  json: (document) => `${JSON.stringify(document, null, 2)}\n`,
  markdown: renderMarkdown,
};

export function compareCommand(args: Args): Promise<number> {
  return command('compare', args);
}

export function calibrateCommand(args: Args): Promise<number> {
  return command('calibrate', args);
}

async function command(kind: CompareDocument['kind'], args: Args): Promise<number> {
  const format = textOption(args, 'format');
  if (!Object.hasOwn(formats, format)) throw unknownName(`format of ${kind}`, format, Object.keys(formats));
  const progress = createProgress(process.stderr, {
    ...terminalStyle(process.stderr, process.env),
    quiet: args['quiet'] === true,
  });
  const revisions = new Revisions();
  const interruption = listenForInterruption(progress);
  try {
    const comparison = await chooseComparison(kind, args, revisions, (text) => progress.phase(text));
    // Refuses a budget that does not suffice before anything is started.
    const header = headerOf(kind, comparison.plan);
    if (args['dry-run'] === true) {
      await print(`${JSON.stringify(comparison.plan, null, 2)}\n`);
      return exitCodes.ok;
    }
    progress.header(header);
    for (const warning of comparison.warnings) progress.note(warning);
    const document = await experiment(kind, args, comparison, { observer: progress, interruption });
    progress.end();
    await print(formats[format](document));
    return document.exitCode;
  } finally {
    progress.end();
    revisions.remove();
  }
}

interface Surroundings {
  readonly observer: ReturnType<typeof createProgress>;
  readonly interruption: ReturnType<typeof listenForInterruption>;
}

function experiment(
  kind: CompareDocument['kind'],
  args: Args,
  { plan, endpoints, addresses, inconclusiveFails }: Comparison,
  { observer, interruption }: Surroundings,
): Promise<CompareDocument> {
  const out = textOption(args, 'out');
  return runExperiment(plan, {
    kind,
    out,
    calibrations: [out, String(runOptions['out'].default)],
    inconclusiveFails,
    observer,
    signal: interruption.signal,
    endpoints,
    addresses,
    interruptedExitCode: () => interruption.exitCode(),
  });
}

function headerOf(kind: CompareDocument['kind'], plan: ComparePlan): string[] {
  const design = designOf(plan);
  const { baseline, candidate, contenders, keys } = plan;
  const what =
    kind === 'calibrate' ? `${baseline.label} against itself` : `${candidate.label} against ${baseline.label}`;
  return [
    `seed ${plan.seed}: ${what}`,
    `${contenders} contenders, ${keys === null ? 'each on a key of its own' : `${keys} ${keys === 1 ? 'key' : 'keys'}`}, ttl ${formatSettingMs(plan.ttlMs)}, hold ${formatSettingMs(plan.holdMs)}, think ${formatSettingMs(plan.thinkMs)}`,
    `about ${formatSettingMs(Math.round(designMs(design) / 1000) * 1000)}: ${design.generations} generations x ${design.slices} slices of ${formatSettingMs(design.sliceMs)} for each side${kind === 'compare' ? '; half as much again when an alarm must be confirmed' : ''}`,
  ];
}
