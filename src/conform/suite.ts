/**
 * Runs the cases of one contestant in a process of its own and stands by: a process that says nothing for too long, or
 * ends by itself, is the design's doing; the case that was running fails, and a new process takes up the next.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { fromErrorData } from '../base/error-data.js';
import { after, nowMs } from '../base/clock.js';
import { LockbenchError, type ErrorData } from '../contract/index.js';
import { missingClaims } from './claimed.js';
import { firstCase, type Assignment } from './contestant.js';
import { limits } from './limits.js';
import type { CaseResult } from './results.js';
import { notJudged } from './run-case.js';
import type { ConformCase } from './types.js';

export type SuiteMessage =
  | { readonly kind: 'alive' | 'done' }
  | { readonly kind: 'began'; readonly case: string }
  | { readonly kind: 'ended'; readonly result: CaseResult }
  | { readonly kind: 'broken'; readonly error: ErrorData };

export interface SuiteRun {
  readonly assignment: Assignment;
  readonly known: readonly ConformCase[];
  onResult(result: CaseResult): void;
  readonly signal: AbortSignal;
}

const stderrKeptBytes = 2_000;

/** Resolves when every case has its result, or the run was aborted. Rejects when the servers cannot be had. */
export async function runSuite(run: SuiteRun): Promise<void> {
  let left = run.assignment.cases;
  while (left.length > 0 && !run.signal.aborted) {
    const ended = new Set<string>();
    const lost = await oneProcess({ ...run.assignment, cases: left }, run.signal, (result) => {
      ended.add(result.case);
      run.onResult(result);
    });
    left = left.filter((name) => !ended.has(name));
    if (lost === null || run.signal.aborted) return;
    const guilty = run.known.find(({ name }) => name === lost.case);
    if (guilty === undefined) throw new LockbenchError('INTERNAL', `the process of the cases was lost: ${lost.how}`);
    run.onResult(lostResult(run, guilty, lost));
    left = left.filter((name) => name !== lost.case);
    if (lost.case !== firstCase) continue;
    for (const one of run.known.filter(({ name }) => left.includes(name))) run.onResult(notJudged(one));
    return;
  }
}

interface Lost {
  /** The case that was running; null before the first. */
  readonly case: string | null;
  readonly how: string;
  readonly durationMs: number;
}

function oneProcess(
  assignment: Assignment,
  signal: AbortSignal,
  onResult: (result: CaseResult) => void,
): Promise<Lost | null> {
  const main = fileURLToPath(new URL('./suite-main.js', import.meta.url));
  const child = fork(main, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' });
  const stderr = tailOf(child);
  let running: string | null = null;
  let sinceMs = nowMs();
  let stopTimer = (): void => {};
  let stopListening = (): void => {};
  const ended = new Promise<Lost | null>((resolve, reject) => {
    const lose = (how: string): void => resolve({ case: running, how, durationMs: Math.round(nowMs() - sinceMs) });
    const wait = (ms: number): void => {
      stopTimer();
      stopTimer = after(ms, () => lose(`nothing moves in its process: the event loop is blocked for ${ms / 1000} s`));
    };
    const abort = (): void => resolve(null);
    signal.addEventListener('abort', abort);
    stopListening = () => signal.removeEventListener('abort', abort);
    child.on('message', (message: SuiteMessage) => {
      wait(limits.silenceMs);
      if (message.kind === 'began') [running, sinceMs] = [message.case, nowMs()];
      else if (message.kind === 'ended') {
        running = null;
        onResult(message.result);
      } else if (message.kind === 'broken') reject(fromErrorData(message.error));
      else if (message.kind === 'done') resolve(null);
    });
    child.once('error', reject);
    child.once('exit', (code, killed) => lose(`its process has ended (${killed ?? `exit code ${code}`})${stderr()}`));
    wait(limits.startMs);
    child.send(assignment);
  });
  return ended.finally(() => {
    stopTimer();
    stopListening();
    child.kill('SIGKILL');
  });
}

/** The last that it wrote, for the evidence. */
function tailOf(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (data: Buffer) => (text = `${text}${data.toString()}`.slice(-stderrKeptBytes)));
  return () => (text.trim() === '' ? '' : `: ${text.trim().split('\n').slice(-3).join(' | ')}`);
}

function lostResult({ assignment }: SuiteRun, one: ConformCase, lost: Lost): CaseResult {
  const missing = missingClaims(one, assignment.contestant.claims);
  return {
    case: one.name,
    behaviour: one.behaviour,
    source: one.source,
    verdict: missing.length > 0 ? 'not-claimed' : 'fail',
    fails: true,
    evidence: lost.how,
    missingClaims: missing,
    durationMs: lost.durationMs,
  };
}
