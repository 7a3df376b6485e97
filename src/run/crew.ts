/** The workers of one round: started together, stopped together, and missed when one dies. */
import { Worker } from 'node:worker_threads';
import { LockbenchError } from '../contract/index.js';
import { limit } from '../base/clock.js';
import { fromErrorData } from '../base/error-data.js';
import type { FromWorker, ToWorker, WorkerReport, WorkerTask } from '../worker/protocol.js';

const readyMs = 15_000;
/** After the word to stop: sections end, releases settle, connections close. */
const stopMs = 10_000;

interface Member {
  readonly worker: Worker;
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
  /** The report, or why there is none. */
  readonly done: Promise<WorkerReport | string>;
  finished: boolean;
  /** It is of no use any more, for this reason. */
  lose(reason: string): void;
}

export class Crew {
  readonly #members: readonly Member[];

  constructor(
    tasks: readonly WorkerTask[],
    private readonly onLost: (text: string) => void,
  ) {
    this.#members = tasks.map((task) => this.#hire(task));
  }

  /** Resolves when all are connected; the client options are the first worker's. */
  async ready(): Promise<Readonly<Record<string, unknown>>> {
    const late = limit(readyMs).then(() => {
      throw new LockbenchError(
        'WORKER_LOST',
        `the workers were not ready after ${readyMs / 1000} s`,
        'The machine may be overloaded; try fewer --workers.',
      );
    });
    const [options] = await Promise.race([Promise.all(this.#members.map((member) => member.ready)), late]);
    return options;
  }

  go(): void {
    this.#tell({ kind: 'go' });
  }

  /** True when no worker is left that could do anything. */
  get deserted(): boolean {
    return this.#members.every((member) => member.finished);
  }

  /** Reports in the order of the workers; a text where one was lost. */
  async stop(): Promise<(WorkerReport | string)[]> {
    this.#tell({ kind: 'stop' });
    return Promise.all(
      this.#members.map(async (member) => {
        const late = limit(stopMs).then(() => {
          const reason = `it did not stop within ${stopMs / 1000} s: an acquire, a release or quiesce of the strategy never settled`;
          member.lose(reason);
          return reason;
        });
        const report = await Promise.race([member.done, late]);
        void member.worker.terminate();
        return report;
      }),
    );
  }

  async dismiss(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.worker.terminate()));
  }

  #tell(message: ToWorker): void {
    for (const { worker } of this.#members) worker.postMessage(message);
  }

  #hire(task: WorkerTask): Member {
    const worker = new Worker(new URL('../worker/entry.js', import.meta.url), { workerData: task, stdout: true });
    // Standard output belongs to the report.
    worker.stdout.pipe(process.stderr, { end: false });
    let readied!: (options: Readonly<Record<string, unknown>>) => void;
    let refused!: (error: Error) => void;
    let ended!: (report: WorkerReport | string) => void;
    const member: Member = {
      worker,
      ready: new Promise((resolve, reject) => ([readied, refused] = [resolve, reject])),
      done: new Promise((resolve) => (ended = resolve)),
      finished: false,
      lose: (reason) => lost(reason),
    };
    member.ready.catch(() => {});
    const lost = (reason: string): void => {
      if (member.finished) return;
      member.finished = true;
      refused(new LockbenchError('WORKER_LOST', `worker ${task.index}: ${reason}`));
      ended(reason);
      this.onLost(`worker ${task.index} was lost: ${reason}`);
    };
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') readied(message.clientOptions);
      else if (message.kind === 'done') {
        member.finished = true;
        ended(message.report);
      } else {
        refused(fromErrorData(message.error));
        lost(message.error.message);
      }
    });
    worker.on('error', (error: Error) => lost(`${error.name}: ${error.message}`));
    worker.on('exit', (code) => lost(`it ended with code ${code}`));
    return member;
  }
}
