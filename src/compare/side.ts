/** The process of one side, as the harness sees it: one order after the other, each answered in time or the side is lost. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LockbenchError } from '../contract/index.js';
import { childEnvironment } from '../base/child-environment.js';
import { after } from '../base/clock.js';
import { fromErrorData } from '../base/error-data.js';
import type { SideAnswer, SideOrder, SideSpec, SideTotals, SliceFigures, SliceOrder } from './protocol.js';

/** Beyond what a slice takes: settling has a limit of its own. */
const answerMs = 10_000;

export class SideProcess {
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #lost: LockbenchError | null = null;
  #waiting: ((answer: SideAnswer | LockbenchError) => void) | null = null;

  constructor(private readonly name: string) {
    this.#child = fork(fileURLToPath(new URL('./side-main.js', import.meta.url)), [], {
      serialization: 'advanced',
      execArgv: [],
      env: childEnvironment(),
      // Standard output belongs to the report.
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    this.#gone = new Promise((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.on('message', (answer: SideAnswer) => this.#waiting?.(answer));
    this.#child.on('error', (error) => this.#lose(error.message));
    this.#child.on('exit', (code, signal) =>
      this.#lose(signal === null ? `it ended with code ${code}` : `it was killed by ${signal}`),
    );
  }

  async open(spec: SideSpec): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.#ask({ kind: 'open', spec }, answerMs);
    return answer.kind === 'opened' ? answer.clientOptions : {};
  }

  async run(order: SliceOrder): Promise<SliceFigures> {
    const answer = await this.#ask({ kind: 'run', order }, order.sliceMs + answerMs);
    if (answer.kind !== 'ran') throw this.#fault(`it answered ${answer.kind}`);
    return answer.figures;
  }

  async totals(): Promise<SideTotals> {
    const answer = await this.#ask({ kind: 'totals' }, answerMs);
    if (answer.kind !== 'totals') throw this.#fault(`it answered ${answer.kind}`);
    return answer.totals;
  }

  /** At once: between slices it has nothing to lose. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  async #ask(order: SideOrder, limitMs: number): Promise<SideAnswer> {
    if (this.#lost !== null) throw this.#lost;
    const answer = await new Promise<SideAnswer | LockbenchError>((resolve) => {
      const stopTimer = after(limitMs, () =>
        this.#lose(`no answer after ${limitMs / 1000} s: an acquire, a release or the event loop stands still`),
      );
      this.#waiting = (said) => {
        stopTimer();
        this.#waiting = null;
        resolve(said);
      };
      this.#child.send(order, () => {});
    });
    if (answer instanceof LockbenchError) throw answer;
    if (answer.kind === 'failed') throw fromErrorData(answer.error);
    return answer;
  }

  #lose(reason: string): void {
    this.#lost ??= this.#fault(reason);
    this.#waiting?.(this.#lost);
  }

  #fault(reason: string): LockbenchError {
    return new LockbenchError('WORKER_LOST', `the process of the ${this.name} was lost: ${reason}`);
  }
}
