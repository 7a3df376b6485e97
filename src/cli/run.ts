/** `bench`: runs a plan and prints its report. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../contract/index.js';
import { describePlan } from '../plan/describe.js';
import { runBenchmark } from '../run/benchmark.js';
import { textOption } from './args.js';
import { choose } from './options.js';
import { chooseReports, tellGithub, writeReports } from './reports.js';
import { runReporter } from './run-reporter.js';
import type { Prepare } from './step.js';
import { print } from './terminal-output.js';
import { terminalStyle } from './terminal.js';

/** What goes to a meeting, beside the figures that it came from. */
async function keepReport(result: Result, onTrouble: (text: string) => void): Promise<void> {
  if (result.folder === null) return;
  const markdown = await runReporter('markdown');
  const file = join(result.folder, 'report.md');
  try {
    writeFileSync(file, markdown.render(result, { columns: 100, colour: false }));
  } catch (error) {
    onTrouble(`${file} could not be written: ${(error as Error).message}`);
  }
}

export const prepareRun: Prepare = async (args) => {
  const { plan, endpoints, addresses, warnings } = await choose(args);
  const reporter = await runReporter(textOption(args, 'format'));
  const reports = await chooseReports(runReporter, args['report']);
  return {
    plan,
    dispose: () => {},
    async run(progress, interruption) {
      const note = (text: string): void => progress.note(text);
      progress.header(describePlan(plan));
      warnings.forEach(note);
      const result = await runBenchmark(plan, {
        out: textOption(args, 'out'),
        observer: progress,
        signal: interruption.signal,
        endpoints,
        addresses,
        interruptedExitCode: () => interruption.exitCode(),
      });
      progress.end();
      await keepReport(result, note);
      const exitCode = writeReports(reports, result, result.exitCode, note);
      await tellGithub(runReporter, result, process.env, reporter.name === 'github', note);
      await print(reporter.render(result, terminalStyle(process.stdout, process.env)));
      return exitCode;
    },
  };
};
