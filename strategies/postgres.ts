/**
 * PostgreSQL: a session advisory lock. It belongs to a connection, so every holder, and everybody who waits, has one of its
 * own. There is no TTL: the lock is free when its holder gives it back, or when the server finds that the connection is gone.
 * Source: PostgreSQL documentation, "Explicit Locking", section "Advisory Locks".
 *
 * A name becomes a number of 64 bits by the server's own hashtextextended: two names with one number share one lock, which
 * among a million names happens with a chance of 1 in 37 million. The locks lie in the server's memory: they are neither
 * logged nor replicated, and a restart, or a replica that takes over, knows none of them.
 *
 * Who waits stands in the server's own queue, first in, first out, and sends nothing meanwhile (`waiting=poll` asks again and
 * again instead, as designs on Redis do). A wait that fails may have been granted at the last moment, so all that its
 * session may hold is given back; where that cannot be asked for, the session is ended.
 */
import { CancelSource } from '../src/base/cancel.js';
import type {
  AcquireOutcome,
  AcquireRequest,
  Backlog,
  Cancel,
  Grant,
  LockSession,
  LockStrategy,
  ReleaseOutcome,
  SqlFailure,
  SqlLoan,
  SqlServer,
  StrategyEnv,
} from '../src/contract/index.js';
import { Lease } from '../src/kit/lease.js';
import { acquireWithRetry, type Try } from '../src/kit/retry.js';

interface PostgresOptions {
  readonly timeout: number;
  readonly waiting: 'queue' | 'poll';
}

const tryLock = 'SELECT pg_try_advisory_lock(hashtextextended($1, 0))';
// The setting is in force when the lock is asked for: columns are worked out in their order.
const waitForLock = `SELECT set_config('lock_timeout', $2, false), pg_advisory_lock(hashtextextended($1, 0))`;
const unlock = 'SELECT pg_advisory_unlock(hashtextextended($1, 0))';
const unlockAll = 'SELECT pg_advisory_unlock_all()';
const lockNotAvailable = '55P03';
const busy = { kind: 'refused', why: 'busy' } as const;

interface Held {
  readonly loan: SqlLoan;
  stopListening(): void;
}

class PostgresSession implements LockSession {
  readonly #held = new Map<Grant, Held>();
  readonly #underWay = new Set<Promise<unknown>>();
  #peak = 0;

  constructor(
    private readonly server: SqlServer,
    private readonly env: StrategyEnv,
    private readonly options: PostgresOptions,
  ) {}

  acquire(key: string, request: AcquireRequest): Promise<AcquireOutcome> {
    const deadlineMs = this.env.nowMs() + request.waitMs;
    return acquireWithRetry(this.env, request, () => this.#round(key, deadlineMs, request.cancel));
  }

  /** A session that is lost holds nothing, so the next round may begin anew with another. */
  async #round(key: string, deadlineMs: number, cancel: Cancel): Promise<Try> {
    const startMs = this.env.nowMs();
    const loan = await this.#borrow(Math.max(deadlineMs - startMs, this.options.timeout), cancel);
    if (loan === null) return { kind: 'refused', why: 'unreachable' };
    const first = await this.#ask(loan, key, startMs);
    const waitMs = deadlineMs - this.env.nowMs();
    const isBusy = first.kind === 'refused' && first.why === 'busy';
    const waits = isBusy && this.options.waiting === 'queue' && waitMs > 0 && !cancel.cancelled;
    const outcome = waits ? await this.#queue(loan, key, startMs, waitMs, cancel) : first;
    if (outcome.kind === 'granted') return outcome;
    // An error of any other kind may have come when the lock was there already, and it lasts as long as the session.
    if (outcome !== busy) loan.session.end();
    loan.giveBack();
    return outcome;
  }

  /** Whether it is free: then one round trip does. */
  async #ask(loan: SqlLoan, key: string, startMs: number): Promise<Try> {
    const { failure, rows } = await loan.session.query(tryLock, [key], this.options.timeout);
    if (failure !== null) return failedTry(failure);
    return rows[0][0] === true ? this.#granted(loan, key, startMs) : busy;
  }

  async #queue(loan: SqlLoan, key: string, startMs: number, waitMs: number, cancel: Cancel): Promise<Try> {
    const { session } = loan;
    const stopListening = cancel.onCancel(() => session.interrupt());
    const limit = `${Math.ceil(waitMs)}ms`;
    const { failure } = await session.query(waitForLock, [key, limit], waitMs + this.options.timeout);
    stopListening();
    if (cancel.cancelled) {
      // The interruption may still be on its way, and would meet the next statement.
      session.end();
      return busy;
    }
    if (failure === null) return { ...this.#granted(loan, key, startMs), queued: true };
    if (failure.sqlState !== lockNotAvailable) return failedTry(failure);
    const freed = await session.query(unlockAll, [], this.options.timeout);
    if (freed.failure !== null) session.end();
    return busy;
  }

  #granted(loan: SqlLoan, key: string, startMs: number): Extract<Try, { kind: 'granted' }> {
    const lease = new Lease(key, this.env.token(), Infinity, startMs);
    const stopListening = loan.session.onLost(() => {
      lease.shorten(this.env.nowMs());
      lease.lose();
    });
    this.#held.set(lease, { loan, stopListening });
    return { kind: 'granted', grant: lease, decidedMs: this.env.nowMs() };
  }

  async release(grant: Grant): Promise<ReleaseOutcome> {
    const held = this.#held.get(grant);
    if (held === undefined) return { kind: 'lost' };
    this.#held.delete(grant);
    const { loan, stopListening } = held;
    stopListening();
    if (loan.session.lost) {
      loan.giveBack();
      return { kind: 'lost' };
    }
    const asked = loan.session.query(unlock, [grant.key], this.options.timeout);
    this.#underWay.add(asked);
    this.#peak = Math.max(this.#peak, this.#underWay.size);
    const { failure, rows } = await asked;
    this.#underWay.delete(asked);
    // Whatever it holds, the server takes it back.
    if (failure !== null) loan.session.end();
    loan.giveBack();
    if (failure !== null) return { kind: 'unknown', failure };
    return { kind: rows[0][0] === true ? 'released' : 'lost' };
  }

  /** Null when there is none to be had in time. */
  async #borrow(limitMs: number, cancel: Cancel): Promise<SqlLoan | null> {
    const giveUp = new CancelSource();
    const stopListening = cancel.onCancel(() => giveUp.cancel());
    const stopTimer = this.env.after(limitMs, () => giveUp.cancel());
    try {
      return await this.server.borrow(giveUp);
    } catch {
      return null;
    } finally {
      stopListening();
      stopTimer();
    }
  }

  async quiesce(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  backlog = (): Backlog => ({ pending: this.#underWay.size, peak: this.#peak, dropped: 0 });

  close(): Promise<void> {
    for (const { loan } of this.#held.values()) loan.session.end();
    this.#held.clear();
    return Promise.resolve();
  }
}

function failedTry(failure: SqlFailure): Exclude<Try, { kind: 'granted' }> {
  return failure.fate === 'not-executed' ? { kind: 'refused', why: 'unreachable' } : { kind: 'unknown', failure };
}

export default {
  name: 'postgres',
  help: 'PostgreSQL: session advisory lock on the name hashed to 64 bits; ends with its connection, not after a TTL',
  engine: 'postgres',
  topology: 'single',
  options: {
    timeout: { kind: 'duration', default: 500, minMs: 1, maxMs: 60_000, help: 'how long an answer is waited for' },
    waiting: {
      kind: 'choice',
      default: 'queue',
      choices: ['queue', 'poll'],
      help: "how a busy lock is waited for: in the server's own queue, or asking again",
    },
  },
  judge: () => ({
    claims: {
      exclusion: true,
      expires: true,
      ownerRelease: true,
      toleratesDown: 0,
      toleratesLoss: 0,
      lease: 'session',
      volatile: true,
    },
    ttl: { minMs: 1, maxMs: 86_400_000 },
  }),
  open: (server, env, options) => Promise.resolve(new PostgresSession(server, env, options)),
} satisfies LockStrategy<'postgres', PostgresOptions>;
