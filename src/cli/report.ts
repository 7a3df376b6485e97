/** `bench report RUN --format F --report NAME=PATH`: prints a stored run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LockbenchError, exitCodes, resultSchemaVersion, type Reporter, type Result } from '../contract/index.js';
import { loadPlugin } from '../base/plugins.js';
import { type Args, textOption } from './args.js';
import { runFolder } from './check.js';
import { chooseReports, rendered, writeReports } from './reports.js';
import { print } from './terminal-output.js';
import { terminalStyle } from './terminal.js';

export async function reportCommand(args: Args): Promise<number> {
  const folder = runFolder(args, 'report');
  const reporter = await loadPlugin<Reporter>('reporter', textOption(args, 'format'));
  const reports = await chooseReports(args['report']);
  const result = readResult(folder);
  const exitCode = writeReports(reports, result, exitCodes.ok, (text) => process.stderr.write(`bench: ${text}\n`));
  await print(rendered(reporter, result, terminalStyle(process.stdout, process.env)));
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
