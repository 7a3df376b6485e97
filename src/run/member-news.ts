/** What becomes of a worker, kept for whoever hires it: it may have ended before that. */
import type { FromWorker } from '../worker/protocol.js';
import type { MemberEvents } from './member.js';

export class MemberNews implements MemberEvents {
  #listener: MemberEvents | null = null;
  #end: string | null = null;

  tellTo(listener: MemberEvents): void {
    this.#listener = listener;
    const end = this.#end;
    // Not before the caller knows whom it has hired.
    if (end !== null) queueMicrotask(() => listener.ended(end));
  }

  /** Nobody says anything before there is a task. */
  said(message: FromWorker): void {
    this.#listener?.said(message);
  }

  ended(reason: string): void {
    this.#end ??= reason;
    this.#listener?.ended(reason);
  }
}
