/** `bench`: runs a plan and prints its report. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, type Reporter, type Result } from '../contract/index.js';
import { loadPlugin } from '../base/plugins.js';
import { describePlan } from '../plan/describe.js';
import { runBenchmark } from '../run/benchmark.js';
import { type Args, textOption } from './args.js';
import { choose } from './options.js';
import { listenForInterruption } from './interruption.js';
import { createProgress } from './progress.js';
import { chooseReports, rendered, tellGithub, writeReports } from './reports.js';
import { print } from './terminal-output.js';
import { terminalStyle } from './terminal.js';

/** What goes to a meeting, beside the figures that it came from. */
async function keepReport(result: Result, onTrouble: (text: string) => void): Promise<void> {
  if (result.folder === null) return;
  const markdown = await loadPlugin<Reporter>('reporter', 'markdown');
  const file = join(result.folder, 'report.md');
  try {
    writeFileSync(file, markdown.render(result, { columns: 100, colour: false }));
  } catch (error) {
    onTrouble(`${file} could not be written: ${(error as Error).message}`);
  }
}

export async function runCommand(args: Args): Promise<number> {
  const { plan, endpoints, addresses, warnings } = await choose(args);
  const reporter = await loadPlugin<Reporter>('reporter', textOption(args, 'format'));
  const reports = await chooseReports(args['report']);
  if (args['dry-run'] === true) {
    await print(`${JSON.stringify(plan, null, 2)}\n`);
    return exitCodes.ok;
  }
  const style = terminalStyle(process.stderr, process.env);
  const progress = createProgress(process.stderr, { ...style, quiet: args.quiet === true });
  const interruption = listenForInterruption(progress);

  progress.header(describePlan(plan));
  for (const warning of warnings) progress.note(warning);

  try {
    const result = await runBenchmark(plan, {
      out: textOption(args, 'out'),
      observer: progress,
      signal: interruption.signal,
      endpoints,
      addresses,
      interruptedExitCode: () => interruption.exitCode(),
    });
    progress.end();
    await keepReport(result, (text) => progress.note(text));
    const note = (text: string): void => progress.note(text);
    const exitCode = writeReports(reports, result, result.exitCode, note);
    await tellGithub(result, process.env, reporter.name === 'github', note);
    await print(rendered(reporter, result, terminalStyle(process.stdout, process.env)));
    return exitCode;
  } finally {
    progress.end();
  }
}
