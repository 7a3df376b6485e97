/**
 * ZooKeeper: the lock of its recipes. Everybody who wants the lock puts an ephemeral sequential node below the node of that lock;
 * whose number is the lowest holds it, and everybody else watches the one before, so that a release wakes one waiter and no herd.
 * Source: ZooKeeper documentation, "ZooKeeper Recipes and Solutions", sections "Locks" and "Recoverable Errors and the GUID".
 *
 * - The name begins with a token: a creation whose answer was lost is found again by it (as in Curator, CURATOR-79), or undone.
 *   Every round has a token of its own, so a node of an earlier session is never taken for one's own (CURATOR-604).
 * - The lease is the session, one for each worker, as it is usual; its timeout is the TTL that was asked for (another TTL gets a
 *   session of its own). It is kept alive by the client, so it does not end after a time, but with its holder. What a holder may
 *   rely on is counted from when the last request that the servers answered had been sent, on the monotonic clock.
 * - Nobody is granted anything by a wake-up: the line is looked at again. A server that lags behind shows nodes that have gone,
 *   never too few, for it has seen our own creation and all before it.
 * - The fence is the node's creation transaction (czxid), which grows over the whole ensemble. The number in the name has 32 bits
 *   and begins anew with a new parent.
 *
 * Nodes of locks stay when they are free. A waiter watches by `getData`: an `exists` on a node that has gone leaves its watch there.
 */
import { CancelSource, noCancel } from '../src/base/cancel.js';
import type {
  AcquireOutcome,
  AcquireRequest,
  Backlog,
  Cancel,
  Grant,
  LockSession,
  LockStrategy,
  ReleaseOutcome,
  StrategyEnv,
  Topology,
  Znode,
  ZookeeperEnsemble,
  ZookeeperFailure,
  ZookeeperSession,
} from '../src/contract/index.js';
import { OwedNodes } from '../src/kit/owed-nodes.js';
import { acquireWithRetry, type Try } from '../src/kit/retry.js';
import { SessionLease } from '../src/kit/session-lease.js';

interface ZookeeperOptions {
  readonly timeout: number;
}

/** A session, and what hangs on it. */
interface Term {
  readonly session: ZookeeperSession;
  readonly owed: OwedNodes;
  readonly leases: Set<SessionLease>;
}

/** What its steps must know of one round. */
interface Round {
  readonly request: AcquireRequest;
  readonly deadlineMs: number;
  /** It had to wait for others. */
  queued: boolean;
}

const busy = { kind: 'refused', why: 'busy' } as const;
const unreachable = { kind: 'refused', why: 'unreachable' } as const;
/** The parent may be removed by others at any time. */
const creations = 3;
/** How many times the limit of one answer a server is waited for: the ensemble may have to find a new leader first. */
const patience = 4;

class ZookeeperLocks implements LockSession {
  readonly #terms = new Map<number, Promise<Term>>();
  readonly #termOf = new WeakMap<Grant, Term>();
  readonly #open = new Set<Term>();

  constructor(
    private readonly ensemble: ZookeeperEnsemble,
    private readonly env: StrategyEnv,
    private readonly options: ZookeeperOptions,
  ) {}

  acquire(key: string, request: AcquireRequest): Promise<AcquireOutcome> {
    const round: Round = { request, deadlineMs: this.env.nowMs() + request.waitMs, queued: false };
    return acquireWithRetry(this.env, request, () => this.#round(key, round));
  }

  async #round(key: string, round: Round): Promise<Try> {
    round.queued = false;
    const term = await this.#term(round);
    const patienceMs = Math.max(round.deadlineMs, this.env.nowMs() + patience * this.options.timeout);
    if (term === null || !(await this.#isConnected(term.session, patienceMs, round.request.cancel))) return unreachable;
    const token = this.env.token();
    const parent = nodeOf(key);
    const made = await this.#standInLine(term, parent, `${token}-lock-`, round);
    if ('kind' in made) return made;
    const outcome = await this.#awaitTurn(term, parent, made, round);
    if (outcome !== null) {
      void term.owed.remove(made.path);
      return outcome;
    }
    const decidedMs = this.env.nowMs();
    if (decidedMs >= term.session.validUntilMs) {
      void term.owed.remove(made.path);
      return { kind: 'refused', why: 'too-late' };
    }
    const lease = new SessionLease(key, token, made.czxid, made.path, term.session);
    term.leases.add(lease);
    this.#termOf.set(lease, term);
    return { kind: 'granted', grant: lease, decidedMs, queued: round.queued };
  }

  /** The node of one's own; or how the round ends without one. */
  async #standInLine(term: Term, parent: string, begin: string, round: Round): Promise<Znode | Try> {
    const { session, owed } = term;
    const { timeout } = this.options;
    for (let i = 0; i < creations; i += 1) {
      const { failure, value } = await session.create(`${parent}/${begin}`, 'ephemeral-sequential', timeout);
      if (failure === null) return value;
      if (failure.refusal === 'no-node') {
        const { failure: refused } = await session.create(parent, 'persistent', timeout);
        if (refused !== null && refused.refusal !== 'node-exists') return failedTry(refused);
      } else if (failure.fate === 'not-executed') return unreachable;
      else {
        const found = await this.#findAgain(term, parent, begin, round);
        if (found !== null) return found;
        owed.undo(parent, begin);
        return { kind: 'unknown', failure };
      }
    }
    return busy;
  }

  /** After a creation without an answer: as soon as the servers can be asked, as long as there is time. */
  async #findAgain({ session, owed }: Term, parent: string, begin: string, round: Round): Promise<Znode | null> {
    while (await this.#mayAskAgain(session, round)) {
      const { failure, value } = await owed.find(parent, begin);
      if (failure !== null) continue;
      if (value === null) return null;
      const found = await session.get(value, null, this.options.timeout);
      if (found.failure === null) return found.value;
      if (found.failure.refusal === 'no-node') return null;
    }
    return null;
  }

  /** Null when it is one's turn; else how the round ends, and then the node of one's own is to go. */
  async #awaitTurn({ session }: Term, parent: string, own: Znode, round: Round): Promise<Try | null> {
    const { timeout } = this.options;
    for (;;) {
      const { failure, value: names } = await session.children(parent, timeout);
      if (failure !== null) {
        if (failure.refusal === 'no-node') return busy;
        if (await this.#mayAskAgain(session, round)) continue;
        return failedTry(failure);
      }
      const line = inOrder(names);
      const place = line.indexOf(own.path.slice(parent.length + 1));
      if (place === 0) return null;
      // Gone, with its session or by somebody else's hand.
      if (place < 0 || this.#isOver(round)) return busy;
      const wake = new CancelSource();
      const path = `${parent}/${line[place - 1]}`;
      const onChange = (): void => wake.cancel();
      const before = await session.get(path, onChange, timeout);
      if (before.failure === null) {
        round.queued = true;
        await this.#sleep(round.deadlineMs, wake, round.request.cancel);
        session.forget(path, onChange);
      } else if (before.failure.refusal !== 'no-node' && !(await this.#mayAskAgain(session, round))) return busy;
    }
  }

  #isOver({ deadlineMs, request }: Round): boolean {
    return request.cancel.cancelled || this.env.nowMs() >= deadlineMs;
  }

  /** Whether there is time to ask again, and somebody to be asked. */
  async #mayAskAgain(session: ZookeeperSession, round: Round): Promise<boolean> {
    const connected = await this.#isConnected(session, round.deadlineMs, round.request.cancel);
    return connected && !this.#isOver(round);
  }

  /** Waits for the connection where there is none. */
  async #isConnected(session: ZookeeperSession, untilMs: number, cancel: Cancel): Promise<boolean> {
    while (session.state === 'disconnected' && !cancel.cancelled && this.env.nowMs() < untilMs) {
      const wake = new CancelSource();
      const stopListening = session.onEvent(() => wake.cancel());
      await this.#sleep(untilMs, wake, cancel);
      stopListening();
    }
    return session.state === 'connected';
  }

  /** Until somebody wakes it, or the time is over. */
  async #sleep(untilMs: number, wake: CancelSource, cancel: Cancel): Promise<void> {
    const stopListening = cancel.onCancel(() => wake.cancel());
    await this.env.sleep(Math.max(0, untilMs - this.env.nowMs()), wake);
    stopListening();
  }

  async release(grant: Grant): Promise<ReleaseOutcome> {
    const lease = grant as SessionLease;
    const term = this.#termOf.get(lease);
    if (term === undefined) return { kind: 'lost' };
    term.leases.delete(lease);
    lease.end();
    const { session, owed } = term;
    // As long as it is ours by its own account; what is asked for after that is owed, but not waited for.
    const patienceMs = Math.min(lease.validUntilMs, this.env.nowMs() + patience * this.options.timeout);
    const isBack = (): Promise<boolean> => this.#isConnected(session, patienceMs, noCancel);
    const { failure } = await owed.release(lease.path, isBack);
    if (session.state === 'expired') return { kind: 'lost' };
    if (failure === null) return { kind: 'released' };
    const gone = failure.refusal === 'no-node' || failure.refusal === 'expired';
    return gone ? { kind: 'lost' } : { kind: 'unknown', failure };
  }

  /** The session for this TTL; null when there is none to be had in time. */
  async #term({ request, deadlineMs }: Round): Promise<Term | null> {
    const { ttlMs, cancel } = request;
    let opening = this.#terms.get(ttlMs);
    if (opening === undefined) {
      this.#terms.set(ttlMs, (opening = this.#openTerm(ttlMs)));
      opening.catch(() => this.#terms.delete(ttlMs));
    }
    const giveUp = new CancelSource();
    const stopListening = cancel.onCancel(() => giveUp.cancel());
    const leftMs = Math.max(patience * this.options.timeout, deadlineMs - this.env.nowMs());
    const tooLong = this.env.sleep(leftMs, giveUp).then(() => null);
    const term = await Promise.race([opening.catch(() => null), tooLong]);
    stopListening();
    giveUp.cancel();
    return term;
  }

  async #openTerm(ttlMs: number): Promise<Term> {
    const session = await this.ensemble.openSession(ttlMs);
    const leases = new Set<SessionLease>();
    const term = { session, leases, owed: new OwedNodes(session, this.options.timeout) };
    this.#open.add(term);
    session.onEvent((event) => {
      if (event !== 'lapsed' && event !== 'expired') return;
      for (const lease of leases) lease.lose();
      leases.clear();
      if (event === 'lapsed') return;
      this.#terms.delete(ttlMs);
      this.#open.delete(term);
    });
    return term;
  }

  async quiesce(): Promise<void> {
    await Promise.all([...this.#open].map(({ owed }) => owed.quiesce()));
  }

  backlog(): Backlog {
    const each = [...this.#open].map(({ owed }) => owed.backlog());
    const sum = (of: keyof Backlog): number => each.reduce((all, one) => all + one[of], 0);
    return { pending: sum('pending'), peak: sum('peak'), dropped: sum('dropped') };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map(({ session }) => session.close()));
  }
}

/** Nodes cannot be named ".", "..", or with a slash. What no address could hold is replaced, as everywhere in UTF-8. */
function nodeOf(key: string): string {
  const name = encodeURIComponent(Buffer.from(key).toString()).replaceAll('.', '%2E');
  return `/${name === '' ? '%' : name}`;
}

/**
 * By the number that the servers put behind the name: ten characters, and one more where it needs them. It has 32 bits, and goes on
 * below zero from the highest: who came first is told by the sign of the difference in as many.
 */
export function inOrder(names: readonly string[]): readonly string[] {
  const numbered = names.map((name) => [Number(/-lock-(\d{10}|-\d{9,10})$/.exec(name)?.[1] ?? NaN), name] as const);
  return numbered
    .filter(([number]) => !Number.isNaN(number))
    .sort(([a], [b]) => (a - b) | 0)
    .map(([, name]) => name);
}

function failedTry(failure: ZookeeperFailure): Try {
  return failure.fate === 'not-executed' ? unreachable : { kind: 'unknown', failure };
}

function judge(_: ZookeeperOptions, { nodes }: Topology): ReturnType<LockStrategy['judge']> {
  const minority = Math.ceil(nodes / 2) - 1;
  return {
    claims: {
      exclusion: true,
      expires: true,
      ownerRelease: true,
      toleratesDown: minority,
      // A node that comes back empty keeps its number, and may vote together with one that lags behind.
      toleratesLoss: 0,
      fences: true,
      lease: 'session',
    },
    // What our own servers agree to; others' may make it longer (by default 4 s at least) or shorter.
    ttl: { minMs: 400, maxMs: 60_000 },
  };
}

export default {
  name: 'zookeeper',
  help: 'ZooKeeper: ephemeral sequential nodes, the lowest holds; waiters watch the one before; fenced by czxid',
  engine: 'zookeeper',
  topology: 'cluster',
  options: {
    timeout: { kind: 'duration', default: 500, minMs: 1, maxMs: 60_000, help: 'how long an answer is waited for' },
  },
  judge,
  open: (ensemble, env, options) => Promise.resolve(new ZookeeperLocks(ensemble, env, options)),
} satisfies LockStrategy<'zookeeper', ZookeeperOptions>;
