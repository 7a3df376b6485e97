/**
 * Reports in files: `--report NAME=PATH`, read and checked before anything starts, written when the run has ended. One that
 * cannot be written is told, and holds up no other.
 */
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LockbenchError, exitCodes, type Reporter, type Result, type StoredHistograms } from '../contract/index.js';
import { loadPlugin } from '../base/plugins.js';
import { makeFolder } from '../record/store.js';

export interface ReportFile {
  readonly reporter: Reporter;
  readonly path: string;
}

/** In a file. */
const plain = { columns: 100, colour: false } as const;
const hint = 'Such as: --report junit=out.xml --report json=out/result.json';

/** What a repeated option came to, in the order given. */
export async function chooseReports(value: unknown): Promise<readonly ReportFile[]> {
  const texts = (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');
  const files: ReportFile[] = [];
  for (const text of texts) {
    const at = text.indexOf('=');
    const [name, path] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
    const reporter = await loadPlugin<Reporter>('reporter', name);
    const wrong = whyNot(path, files);
    if (wrong !== null)
      throw new LockbenchError('BAD_ARGUMENT', `--report: got ${JSON.stringify(text)}, ${wrong}`, hint);
    files.push({ reporter, path });
  }
  return files;
}

function whyNot(path: string, files: readonly ReportFile[]): string | null {
  if (path === '') return 'expected REPORTER=PATH';
  if (path.endsWith('/') || isFolder(path)) return 'its path is a folder';
  const taken = files.find((other) => resolve(other.path) === resolve(path));
  return taken === undefined ? null : `the path is taken by ${taken.reporter.name}`;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Not there yet, or not to be reached: what comes of it is told when it is written.
    return false;
  }
}

/** Of one that goes to standard output: what it needs lies in the run's folder. */
export function rendered(reporter: Reporter, result: Result, style: Parameters<Reporter['render']>[1]): string {
  if (reporter.needs !== 'histograms') return reporter.render(result, style);
  return reporter.render(result, style, readHistograms(result.folder, reporter.name));
}

/** The exit code: that of the result, unless it is 0 and a report is missing. */
export function writeReports(
  files: readonly ReportFile[],
  result: Result,
  exitCode: number,
  onTrouble: (text: string) => void,
): number {
  let missing = false;
  for (const { reporter, path } of files) {
    try {
      const text = rendered(reporter, result, plain);
      makeFolder(dirname(path));
      writeFileSync(path, text);
    } catch (error) {
      missing = true;
      onTrouble(`the report ${reporter.name} could not be written to ${path}: ${(error as Error).message}`);
    }
  }
  return missing && exitCode === exitCodes.ok ? exitCodes.environment : exitCode;
}

/** In GitHub Actions: the report on the page of the job, and annotations, which the runner takes from standard error as well. */
export async function tellGithub(
  result: Result,
  env: Readonly<Record<string, string | undefined>>,
  annotatedAlready: boolean,
  onNote: (text: string) => void,
): Promise<void> {
  const summary = env.GITHUB_STEP_SUMMARY;
  if (summary !== undefined && summary !== '') {
    const markdown = await loadPlugin<Reporter>('reporter', 'markdown');
    try {
      appendFileSync(summary, `${markdown.render(result, plain)}\n`);
      onNote('the report is in the summary of this job, too');
    } catch (error) {
      onNote(`the summary of this job could not be written: ${(error as Error).message}`);
    }
  }
  if (env.GITHUB_ACTIONS !== 'true' || annotatedAlready) return;
  const github = await loadPlugin<Reporter>('reporter', 'github');
  process.stderr.write(github.render(result, plain));
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
