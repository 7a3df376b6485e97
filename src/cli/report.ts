/** `bench report RUN --format F --report NAME=PATH`: prints a stored run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LockbenchError, exitCodes, resultSchemaVersion, type Result } from '../contract/index.js';
import { type Args, textOption } from './args.js';
import { runFolder } from './check.js';
import { chooseReports, writeReports } from './reports.js';
import { runReporter } from './run-reporter.js';
import { print } from './terminal-output.js';
import { terminalStyle } from './terminal.js';

export async function reportCommand(args: Args): Promise<number> {
  const folder = runFolder(args, 'report');
  const reporter = await runReporter(textOption(args, 'format'));
  const reports = await chooseReports(runReporter, args['report']);
  const result = readResult(folder);
  const exitCode = writeReports(reports, result, exitCodes.ok, (text) => process.stderr.write(`bench: ${text}\n`));
  await print(reporter.render(result, terminalStyle(process.stdout, process.env)));
  return exitCode;
}

/** What came later than the version that wrote it. */
function withLaterFields(result: Result): Result {
  return {
    ...result,
    endedEarly: result.endedEarly ?? null,
    runs: result.runs.map((run) => ({ ...run, thresholds: run.thresholds ?? [] })),
  };
}

function readResult(folder: string): Result {
  let result: Result;
  try {
    result = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as Result;
  } catch (cause) {
    throw new LockbenchError(
      'BAD_RUN_FOLDER',
      `${folder} holds no summary of a run: ${(cause as Error).message}`,
      'Name a folder that a run has written to its end.',
      { cause },
    );
  }
  if (result.schemaVersion === resultSchemaVersion) return { ...withLaterFields(result), folder };
  throw new LockbenchError(
    'BAD_RUN_FOLDER',
    `${folder} was written with schema version ${JSON.stringify(result.schemaVersion)}, this program reads ${resultSchemaVersion}`,
    'Print it with the version of lockbench that wrote it.',
  );
}
