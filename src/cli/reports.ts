/**
 * Reports of what a command has found, whichever it is: in files by `--report NAME=PATH`, read and checked before anything
 * starts, written at the end, and on the page of a GitHub job. One that cannot be written is told, and holds up no other.
 */
import { appendFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LockbenchError, exitCodes, type DocumentReporter } from '../contract/index.js';
import { makeFolder } from '../record/store.js';

/** Finds a reporter of this kind of document; rejects in words where there is none of that name. */
export type FindReporter<Document> = (name: string) => Promise<DocumentReporter<Document>>;

export interface ReportFile<Document> {
  readonly reporter: DocumentReporter<Document>;
  readonly path: string;
}

/** In a file. */
const plain = { columns: 100, colour: false } as const;
const hint = 'Such as: --report junit=out.xml --report json=out/result.json';

/** What a repeated option came to, in the order given. */
export async function chooseReports<Document>(
  find: FindReporter<Document>,
  value: unknown,
): Promise<readonly ReportFile<Document>[]> {
  const texts = (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');
  const files: ReportFile<Document>[] = [];
  for (const text of texts) {
    const at = text.indexOf('=');
    const [name, path] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
    const reporter = await find(name);
    const wrong = whyNot(path, files);
    if (wrong !== null)
      throw new LockbenchError('BAD_ARGUMENT', `--report: got ${JSON.stringify(text)}, ${wrong}`, hint);
    files.push({ reporter, path });
  }
  return files;
}

function whyNot(path: string, files: readonly ReportFile<never>[]): string | null {
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

/** The exit code: that of what was found, unless it is 0 and a report is missing. */
export function writeReports<Document>(
  files: readonly ReportFile<Document>[],
  document: Document,
  exitCode: number,
  onTrouble: (text: string) => void,
): number {
  let missing = false;
  for (const { reporter, path } of files) {
    try {
      const text = reporter.render(document, plain);
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
export async function tellGithub<Document>(
  find: FindReporter<Document>,
  document: Document,
  env: Readonly<Record<string, string | undefined>>,
  annotatedAlready: boolean,
  onNote: (text: string) => void,
): Promise<void> {
  const summary = env.GITHUB_STEP_SUMMARY;
  if (summary !== undefined && summary !== '') {
    const markdown = await find('markdown');
    try {
      appendFileSync(summary, `${markdown.render(document, plain)}\n`);
      onNote('the report is in the summary of this job, too');
    } catch (error) {
      onNote(`the summary of this job could not be written: ${(error as Error).message}`);
    }
  }
  if (env.GITHUB_ACTIONS !== 'true' || annotatedAlready) return;
  const github = await find('github');
  process.stderr.write(github.render(document, plain));
}
