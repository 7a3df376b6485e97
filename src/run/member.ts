/** One worker as the crew sees it, whether it is a thread or a process. */
import type { FromWorker, ToWorker, WorkerTask } from '../worker/protocol.js';

/** A worker that has started and loads what it needs, before there is anything to do for it. */
export interface Recruit {
  hire(task: WorkerTask, events: MemberEvents): Member;
  /** Resolves when it is gone, hired or not. */
  kill(): Promise<void>;
}

export interface Member {
  tell(message: ToWorker): void;
  /** Resolves when it is gone. */
  kill(): Promise<void>;
  /** When its figures in the shared memory were taken. */
  figuresNs(): number;
}

export interface MemberEvents {
  said(message: FromWorker): void;
  /** It is gone, after everything that it said; the reason is of use where that was not expected. */
  ended(reason: string): void;
}
