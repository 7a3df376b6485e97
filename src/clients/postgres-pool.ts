/**
 * The sessions of one PostgreSQL. Opened on demand up to a bound and lent to one borrower at a time; one that comes back
 * clean is lent again. With none left, one is opened in the background until the server is back.
 */
import { after } from '../base/clock.js';
import { LockbenchError, type Cancel, type NodeFailure, type SqlLoan, type SqlServer } from '../contract/index.js';
import { Borrowers } from './borrowers.js';
import type { NodeEndpoint } from './endpoint.js';
import type { Meter } from './meter.js';
import { openSession, type PgSession, type SqlTally } from './postgres-session.js';

/** For each worker. */
export const maxSessions = 64;
const retryMs = 50;

export class PgPool implements SqlServer {
  readonly maxSessions = maxSessions;
  readonly meter: Meter = { commands: 0, roundTrips: 0 };
  readonly #counts = { DOWN: 0, RESET: 0, TIMEOUT: 0 };
  readonly #sessions = new Set<PgSession>();
  readonly #idle: PgSession[] = [];
  readonly #borrowers = new Borrowers<SqlLoan>((reason) => this.#unavailable(reason));
  #opening = 0;
  #closed = false;
  #stopRetry = (): void => {};

  constructor(
    private readonly endpoint: NodeEndpoint,
    private readonly connectTimeoutMs: number,
    /** One could not be opened. */
    private readonly onTrouble: (error: LockbenchError) => void = () => {},
  ) {}

  get up(): boolean {
    return this.#sessions.size > 0;
  }

  get #tally(): SqlTally {
    return { meter: this.meter, failed: (code) => (this.#counts[code] += 1) };
  }

  failures(): readonly NodeFailure[] {
    const codes = ['DOWN', 'RESET', 'TIMEOUT'] as const;
    return codes.flatMap((code) => (this.#counts[code] === 0 ? [] : [{ node: 0, code, count: this.#counts[code] }]));
  }

  borrow(cancel: Cancel): Promise<SqlLoan> {
    if (this.#closed) return Promise.reject(this.#unavailable('closed'));
    const loan = this.#borrowers.wait(cancel);
    this.#serve();
    return loan;
  }

  /** Opens one when there is none, now and whenever the last is lost. */
  keepOne(): void {
    if (this.#closed || this.#sessions.size + this.#opening > 0) return;
    this.#open();
  }

  close(): void {
    this.#closed = true;
    this.#stopRetry();
    this.#borrowers.rejectAll(this.#unavailable('closed'));
    for (const session of this.#sessions) session.end();
  }

  #loan(session: PgSession): SqlLoan {
    let lent = true;
    return {
      session,
      giveBack: () => {
        if (!lent) return;
        lent = false;
        if (session.idle) this.#idle.push(session);
        else session.end();
        this.#serve();
      },
    };
  }

  /** Lends what is idle, and opens connections for those who still wait. */
  #serve(): void {
    this.#borrowers.serve(() => {
      const session = this.#idle.pop();
      return session === undefined ? null : this.#loan(session);
    });
    while (!this.#closed && this.#borrowers.size > this.#opening && this.#sessions.size + this.#opening < maxSessions)
      this.#open();
  }

  #open(): void {
    this.#opening += 1;
    openSession(this.endpoint, this.connectTimeoutMs, this.#tally).then(
      (session) => {
        this.#opening -= 1;
        this.#sessions.add(session);
        session.onLost(() => this.#forget(session));
        if (this.#closed) return session.end();
        if (session.lost) return;
        this.#idle.push(session);
        this.#serve();
      },
      (error: LockbenchError) => {
        this.#opening -= 1;
        this.#counts.DOWN += 1;
        this.onTrouble(error);
        this.#borrowers.rejectFirst(error);
        this.#retry();
      },
    );
  }

  #forget(session: PgSession): void {
    this.#sessions.delete(session);
    const at = this.#idle.indexOf(session);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#retry();
    if (!this.#closed) this.#serve();
  }

  #retry(): void {
    this.#stopRetry();
    if (!this.#closed) this.#stopRetry = after(retryMs, () => this.keepOne());
  }

  #unavailable(reason: string): LockbenchError {
    return new LockbenchError('UNREACHABLE', `no session of PostgreSQL to borrow: ${reason}`);
  }
}
