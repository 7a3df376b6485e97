/** A process that does one order after the other, as the harness sees it: each is answered in time, or the process is lost. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LockbenchError, type ErrorData } from '../contract/index.js';
import { childEnvironment } from '../base/child-environment.js';
import { processArguments } from '../base/new-space.js';
import { after } from '../base/clock.js';
import { errorData, fromErrorData } from '../base/error-data.js';

interface Kinded {
  readonly kind: string;
}

export interface Failed {
  readonly kind: 'failed';
  readonly error: ErrorData;
}

/** `Answer` without `Failed`, which is thrown. */
export class Servant<Order extends Kinded, Answer extends Kinded> {
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #lost: LockbenchError | null = null;
  #waiting: ((answer: Answer | Failed | LockbenchError) => void) | null = null;

  /** `main`: the module that the process runs. */
  constructor(
    private readonly name: string,
    main: URL,
  ) {
    this.#child = fork(fileURLToPath(main), [], {
      serialization: 'advanced',
      execArgv: [...processArguments],
      env: childEnvironment(),
      // Standard output belongs to the report.
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    this.#gone = new Promise((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.on('message', (answer: Answer | Failed) => this.#waiting?.(answer));
    this.#child.on('error', (error) => this.#lose(error.message));
    this.#child.on('exit', (code, signal) =>
      this.#lose(signal === null ? `it ended with code ${code}` : `it was killed by ${signal}`),
    );
  }

  /** The answer of that kind; rejects with what failed, or with WORKER_LOST. */
  async ask<K extends Answer['kind']>(
    order: Order,
    limitMs: number,
    kind: K,
  ): Promise<Extract<Answer, { readonly kind: K }>> {
    if (this.#lost !== null) throw this.#lost;
    const answer = await new Promise<Answer | Failed | LockbenchError>((resolve) => {
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
    if (isFailed(answer)) throw fromErrorData(answer.error);
    if (answer.kind !== kind) throw this.#fault(`it answered ${answer.kind}`);
    return answer as Extract<Answer, { readonly kind: K }>;
  }

  /** At once: between orders it has nothing to lose. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  #lose(reason: string): void {
    this.#lost ??= this.#fault(reason);
    this.#waiting?.(this.#lost);
  }

  #fault(reason: string): LockbenchError {
    return new LockbenchError('WORKER_LOST', `the process of ${this.name} was lost: ${reason}`);
  }
}

function isFailed(answer: Kinded): answer is Failed {
  return answer.kind === 'failed';
}

/** The other end: obeys one order after the other, and answers each. Signals are the harness's; when that is gone so is this. */
export function serve<Order, Answer>(obey: (order: Order) => Promise<Answer | Failed>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.on('message', (order: Order) => {
    void obey(order)
      .catch((error: unknown): Failed => ({ kind: 'failed', error: errorData(error) }))
      .then((answer) => process.send?.(answer));
  });
}
