/** One command on its way: answered once, by its reply, by its deadline or by the end of its connection. */
import type { Expiring } from '../base/deadlines.js';
import { atTurnEnd } from '../base/turn.js';
import type { Failure, OnReply, Reply } from '../contract/index.js';
import { downFailure, resetFailure, serverFailure, timeoutFailure } from './failures.js';
import type { Sink } from './wire.js';

/** The lane that the command was sent on. */
interface Owner {
  arrived(wasLate: boolean): void;
  expired(): void;
}

export class Pending implements Sink, Expiring {
  dueMs = 0;
  /** It may be with the server. */
  written = false;
  /** The sender has its answer. */
  answered = false;
  /** The reply is in, or will never come. */
  arrived = false;

  constructor(
    private readonly owner: Owner,
    private readonly isScript: boolean,
    readonly timeoutMs: number,
    private readonly tag: number,
    private readonly done: OnReply,
  ) {}

  reply(reply: Reply): void {
    this.#arrive(null, reply);
  }

  refuse(message: string): void {
    this.#arrive(serverFailure(message, this.isScript), null);
  }

  /** A library may give up on a command while it is being sent; the end of the connection usually follows and is told first. */
  lose(reason: string): void {
    atTurnEnd(() => this.#arrive(this.written ? resetFailure(reason) : downFailure(reason), null));
  }

  expire(): void {
    this.answered = true;
    this.owner.expired();
    this.done(this.tag, timeoutFailure(this.timeoutMs), null);
  }

  /** The connection is gone; the lane has forgotten this command. */
  abandon(failure: Failure): void {
    this.arrived = true;
    if (this.answered) return;
    this.answered = true;
    this.done(this.tag, failure, null);
  }

  #arrive(failure: Failure | null, reply: Reply): void {
    if (this.arrived) return;
    this.arrived = true;
    const wasLate = this.answered;
    this.answered = true;
    this.owner.arrived(wasLate);
    if (!wasLate) this.done(this.tag, failure, reply);
  }
}
