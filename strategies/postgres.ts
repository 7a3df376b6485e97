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
  Grant,
  LockSession,
  LockStrategy,
  ReleaseOutcome,
  SqlAnswer,
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

class PostgresSession implements LockSession {
  readonly #loans = new Map<Grant, SqlLoan>();
  readonly #underWay = new Set<Promise<unknown>>();
  #peak = 0;

  constructor(
    private readonly server: SqlServer,
    private readonly env: StrategyEnv,
    private readonly options: PostgresOptions,
  ) {}

  async acquire(key: string, request: AcquireRequest): Promise<AcquireOutcome> {
    if (request.cancel.cancelled) return { kind: 'cancelled', tries: 0 };
    const startMs = this.env.nowMs();
    const loan = await this.#borrow(request);
    if (loan === null && request.cancel.cancelled) return { kind: 'cancelled', tries: 0 };
    if (loan === null) return { kind: 'refused', why: 'unreachable', tries: 1 };
    const { waitMs } = request;
    const outcome =
      this.options.waiting === 'poll'
        ? await acquireWithRetry(this.env, request, () => this.#tryOnce(loan, key))
        : await this.#queue(loan, key, { ...request, waitMs: Math.max(0, waitMs - (this.env.nowMs() - startMs)) });
    if (outcome.kind !== 'granted') loan.giveBack();
    return outcome;
  }

  async #tryOnce(loan: SqlLoan, key: string): Promise<Try> {
    const startMs = this.env.nowMs();
    const { failure, rows } = await loan.session.query(tryLock, [key], this.options.timeout);
    if (failure !== null) return failedTry(failure);
    return rows[0][0] === true ? this.#granted(loan, key, startMs) : { kind: 'refused', why: 'busy' };
  }

  /** The first question is whether it is free: then one round trip does. */
  async #queue(loan: SqlLoan, key: string, { waitMs, cancel }: AcquireRequest): Promise<AcquireOutcome> {
    const startMs = this.env.nowMs();
    const first = await this.#tryOnce(loan, key);
    if (first.kind === 'granted') return { ...first, tries: 1, roundMs: first.decidedMs - startMs };
    if (first.kind !== 'refused' || first.why !== 'busy' || waitMs <= 0) return { ...first, tries: 1 };
    const { session } = loan;
    const stopListening = cancel.onCancel(() => session.interrupt());
    const limit = `${Math.ceil(waitMs)}ms`;
    const answer = await session.query(waitForLock, [key, limit], waitMs + this.options.timeout);
    stopListening();
    if (cancel.cancelled) {
      // The interruption may still be on its way, and would meet the next statement.
      session.end();
      return { kind: 'cancelled', tries: 2 };
    }
    return this.#afterWait(loan, key, startMs, answer);
  }

  async #afterWait(loan: SqlLoan, key: string, startMs: number, { failure }: SqlAnswer): Promise<AcquireOutcome> {
    if (failure === null) {
      const granted = this.#granted(loan, key, startMs);
      return { ...granted, tries: 2, roundMs: granted.decidedMs - startMs };
    }
    if (failure.sqlState === lockNotAvailable) {
      const freed = await loan.session.query(unlockAll, [], this.options.timeout);
      if (freed.failure !== null) loan.session.end();
      return { kind: 'refused', why: 'busy', tries: 2 };
    }
    loan.session.end();
    return { ...failedTry(failure), tries: 2 };
  }

  #granted(loan: SqlLoan, key: string, startMs: number): Extract<Try, { kind: 'granted' }> {
    const lease = new Lease(key, this.env.token(), Infinity, startMs);
    this.#loans.set(lease, loan);
    loan.session.onLost(() => {
      if (!this.#loans.has(lease)) return;
      lease.shorten(this.env.nowMs());
      lease.lose();
    });
    return { kind: 'granted', grant: lease, decidedMs: this.env.nowMs() };
  }

  async release(grant: Grant): Promise<ReleaseOutcome> {
    const loan = this.#loans.get(grant);
    this.#loans.delete(grant);
    if (loan === undefined || loan.session.lost) return { kind: 'lost' };
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
  async #borrow({ waitMs, cancel }: AcquireRequest): Promise<SqlLoan | null> {
    const giveUp = new CancelSource();
    const stopListening = cancel.onCancel(() => giveUp.cancel());
    const stopTimer = this.env.after(Math.max(waitMs, this.options.timeout), () => giveUp.cancel());
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
    for (const { session } of this.#loans.values()) session.end();
    this.#loans.clear();
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
