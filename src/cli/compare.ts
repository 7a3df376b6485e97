/** `bench compare` and `bench calibrate`: whether a candidate differs from a baseline, and what can be told apart here. */
import { formatSettingMs } from '../base/units.js';
import type { CompareDocument } from '../compare/document.js';
import { runExperiment } from '../compare/experiment.js';
import { confirmingDesign, designMs, type ComparePlan } from '../compare/plan.js';
import { designOf } from '../compare/course.js';
import { Revisions } from '../compare/revision.js';
import { loadPlugin } from '../base/plugins.js';
import type { DocumentReporter } from '../contract/index.js';
import type { Observer } from '../run/observer.js';
import { runOptions } from '../plan/run-options.js';
import { type Args, textOption } from './args.js';
import { chooseComparison, type Comparison } from './compare-options.js';
import type { Interruption } from './interruption.js';
import { chooseReports, tellGithub, writeReports } from './reports.js';
import type { Prepare } from './step.js';
import { print } from './terminal-output.js';
import { terminalStyle } from './terminal.js';

const findReporter = (name: string): Promise<DocumentReporter<CompareDocument>> =>
  loadPlugin('report of a comparison', name);

export const prepareComparison: Prepare = (args, onPhase) => prepare('compare', args, onPhase);
export const prepareCalibration: Prepare = (args, onPhase) => prepare('calibrate', args, onPhase);

async function prepare(
  kind: CompareDocument['kind'],
  args: Args,
  onPhase: Parameters<Prepare>[1],
): ReturnType<Prepare> {
  const reporter = await findReporter(textOption(args, 'format'));
  const reports = await chooseReports(findReporter, args['report']);
  const revisions = new Revisions();
  try {
    const comparison = await chooseComparison(kind, args, revisions, onPhase);
    // Refuses a budget that does not suffice before anything is started.
    const header = headerOf(kind, comparison.plan);
    return {
      plan: comparison.plan,
      dispose: () => revisions.remove(),
      async run(progress, interruption) {
        const note = (text: string): void => progress.note(text);
        progress.header(header);
        comparison.warnings.forEach(note);
        const document = await experiment(kind, args, comparison, { observer: progress, interruption });
        progress.end();
        const exitCode = writeReports(reports, document, document.exitCode, note);
        await tellGithub(findReporter, document, process.env, reporter.name === 'github', note);
        await print(reporter.render(document, terminalStyle(process.stdout, process.env)));
        return exitCode;
      },
    };
  } catch (error) {
    revisions.remove();
    throw error;
  }
}

function experiment(
  kind: CompareDocument['kind'],
  args: Args,
  { plan, endpoints, addresses, inconclusiveFails }: Comparison,
  { observer, interruption }: { readonly observer: Observer; readonly interruption: Interruption },
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
    `about ${formatSettingMs(Math.round(designMs(design) / 1000) * 1000)}: ${design.generations} generations x ${design.slices} slices of ${formatSettingMs(design.sliceMs)} for each side${kind === 'compare' ? `; ${confirmingDesign(design).generations} generations more when an alarm must be confirmed` : ''}`,
  ];
}
