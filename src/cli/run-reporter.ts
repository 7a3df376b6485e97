/** The reporters of a run, with what they need beside its result taken from the run's folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  LockbenchError,
  type DocumentReporter,
  type Reporter,
  type Result,
  type StoredHistograms,
} from '../contract/index.js';
import { loadPlugin } from '../base/plugins.js';

export async function runReporter(name: string): Promise<DocumentReporter<Result>> {
  const reporter = await loadPlugin<Reporter>('reporter', name);
  if (reporter.needs !== 'histograms') return reporter;
  return {
    name: reporter.name,
    help: reporter.help,
    render: (result, style) => reporter.render(result, style, readHistograms(result.folder, reporter.name)),
  };
}

function readHistograms(folder: string | null, reporter: string): readonly StoredHistograms[] {
  const path = join(folder ?? '.', 'histograms.json');
  try {
    const stored = JSON.parse(readFileSync(path, 'utf8')) as readonly StoredHistograms[];
    // Times came later than the histograms.
    return stored.map((one) => ({ ...one, startMs: one.startMs ?? 0, durationMs: one.durationMs ?? 0 }));
  } catch (cause) {
    throw new LockbenchError(
      'BAD_RUN_FOLDER',
      `the report ${reporter} needs ${path}: ${(cause as Error).message}`,
      'Name a folder that a run has written to its end.',
      { cause },
    );
  }
}
