/** The workers of one round: started together, stopped together, and missed when one dies. */
import { LockbenchError } from '../contract/index.js';
import { delay, limit } from '../base/clock.js';
import { fromErrorData } from '../base/error-data.js';
import type { FromWorker, ToWorker, WindowNs, WorkerReport, WorkerTask } from '../worker/protocol.js';
import type { Member, Recruit } from './member.js';

const readyMs = 15_000;
/** After the word to stop: sections end, releases settle, connections close. */
const stopMs = 10_000;
/** How long the figures of processes are waited for, at most: one may be standing still. */
const figuresMs = 250;

interface Post {
  readonly task: WorkerTask;
  readonly member: Member;
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
  /** The report, or why there is none. */
  readonly done: Promise<WorkerReport | string>;
  finished: boolean;
  /** It is of no use any more, for this reason. */
  lose(reason: string): void;
}

/** What one worker said, or null when it will say nothing any more. */
export type CrewListener = (worker: number, message: FromWorker | null) => void;

export class Crew {
  readonly #posts: readonly Post[];
  readonly #listeners = new Set<CrewListener>();

  /** A recruit for each task. */
  constructor(
    readonly tasks: readonly WorkerTask[],
    recruits: readonly Recruit[],
    private readonly onIncident: (text: string) => void,
  ) {
    this.#posts = tasks.map((task, i) => this.#hire(task, recruits[i]));
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
    const [options] = await Promise.race([Promise.all(this.#posts.map((post) => post.ready)), late]);
    return options;
  }

  go(windowNs: WindowNs): void {
    this.#tellAll({ kind: 'go', windowNs });
  }

  /** The window has been moved. */
  move(windowNs: WindowNs): void {
    this.#tellAll({ kind: 'window', windowNs });
  }

  /** True while it may still do something. */
  works(worker: number): boolean {
    return !this.#posts[worker].finished;
  }

  /** True when no worker is left that could do anything. */
  get deserted(): boolean {
    return this.#posts.every((post) => post.finished);
  }

  /** Whether the shared memory holds what the workers had done by then. */
  hasFiguresOf(atNs: number): boolean {
    return this.#posts.every((post) => post.finished || post.member.figuresNs() >= atNs);
  }

  async figuresOf(atNs: number): Promise<void> {
    for (let waitedMs = 0; waitedMs < figuresMs && !this.hasFiguresOf(atNs); waitedMs += 1) await delay(1);
  }

  tell(worker: number, message: ToWorker): void {
    if (this.works(worker)) this.#posts[worker].member.tell(message);
  }

  /** Returns the way to stop listening. */
  listen(listener: CrewListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reports in the order of the workers; a text where one was lost. */
  async stop(): Promise<(WorkerReport | string)[]> {
    this.#tellAll({ kind: 'stop' });
    return Promise.all(
      this.#posts.map(async (post) => {
        const late = limit(stopMs).then(() => {
          const reason = `it did not stop within ${stopMs / 1000} s: an acquire, a release or quiesce of the strategy never settled`;
          post.lose(reason);
          return reason;
        });
        const report = await Promise.race([post.done, late]);
        void post.member.kill();
        return report;
      }),
    );
  }

  async dismiss(): Promise<void> {
    await Promise.all(this.#posts.map((post) => post.member.kill()));
  }

  #tellAll(message: ToWorker): void {
    for (const worker of this.#posts.keys()) this.tell(worker, message);
  }

  #hire(task: WorkerTask, recruit: Recruit): Post {
    let readied!: (options: Readonly<Record<string, unknown>>) => void;
    let refused!: (error: Error) => void;
    let ended!: (report: WorkerReport | string) => void;
    const finish = (report: WorkerReport | string): void => {
      post.finished = true;
      ended(report);
      for (const listener of this.#listeners) listener(task.index, null);
    };
    const lose = (reason: string): void => {
      if (post.finished) return;
      refused(new LockbenchError('WORKER_LOST', `worker ${task.index}: ${reason}`));
      finish(reason);
      this.onIncident(`worker ${task.index} was lost: ${reason}`);
    };
    const said = (message: FromWorker): void => {
      if (post.finished) return;
      for (const listener of this.#listeners) listener(task.index, message);
      switch (message.kind) {
        case 'ready':
          readied(message.clientOptions);
          return;
        case 'done':
          finish(message.report);
          return;
        case 'crashed':
          finish(message.report);
          this.onIncident(
            `worker ${task.index} was killed while ${message.struck.name} held key ${message.struck.key}`,
          );
          return;
        case 'failed':
          refused(fromErrorData(message.error));
          lose(message.error.message);
      }
    };
    const post: Post = {
      task,
      member: recruit.hire(task, { said, ended: lose }),
      ready: new Promise((resolve, reject) => ([readied, refused] = [resolve, reject])),
      done: new Promise((resolve) => (ended = resolve)),
      finished: false,
      lose,
    };
    post.ready.catch(() => {});
    return post;
  }
}
