/**
 * etcd: the recipe of its own client, done by hand. Everyone who wants the lock creates a key of their own under its prefix,
 * bound to a lease; the oldest key holds the lock, and everyone else waits for the deletion of the one before theirs.
 * Source: etcd, client/v3/concurrency/mutex.go (with the mending of etcd#11456) and key.go. The server's own lock RPC is left
 * alone: that of 3.4 grants to a waiter whose lease has run out meanwhile.
 *
 * - A lease for each lock, not for each session: its TTL is that of the request, contenders of one session do not share a key,
 *   and to revoke it is a release that may be sent twice and that nothing sent before can undo.
 * - Who has waited is granted only after looking at their own key again, renewed and found by a majority in one and the same
 *   term: a leader that has been cut off goes on renewing leases for a moment without anybody's consent (etcd#15247).
 * - Validity counts from before the grant or the renewal was sent, on our own monotonic clock. etcd's client has no such
 *   deadline. Leases of etcd are whole seconds: the cluster keeps the key up to a second longer than was asked for.
 * - The create revision is the fence: it grows over the whole store, and grants of one key are in its order.
 */
import { CancelSource } from '../src/base/cancel.js';
import type {
  AcquireOutcome,
  AcquireRequest,
  EtcdCluster,
  EtcdKey,
  ExtendOutcome,
  Failure,
  Grant,
  LockSession,
  LockStrategy,
  ReleaseOutcome,
  StrategyEnv,
} from '../src/contract/index.js';
import { Lease, letGo } from '../src/kit/lease.js';
import { Owed } from '../src/kit/owed.js';
import { acquireWithRetry, type Try } from '../src/kit/retry.js';

export interface EtcdOptions {
  readonly timeout: number;
  readonly maxExtensions: number;
}

/** Between a lock's name and a token: names may hold slashes, as in `a` and `a/b`, and one must not be found under the other. */
const separator = '\0';
/** A lease that is waiting in line is renewed so often within its TTL. */
const renewalsPerTtl = 3;
/** After a look that failed, or a watch that broke. */
const lookAgainMs = 20;
/** An election, with etcd's own second for its time-out, and a call that had to be given up. */
const recoversMs = 3_000;
/** A release is worth the time of an election. */
const releaseTries = 3;
/** Elections within one look; after that it has failed. */
const mostTerms = 3;
/** Numbers of leases lie below it: a prime, so that every digit of a token counts. */
const leases = 2n ** 61n - 1n;

/** One's place in line. */
interface Entry {
  readonly prefix: string;
  readonly own: string;
  readonly lease: bigint;
  readonly ttlMs: number;
  createRevision: bigint;
  /** When what made or renewed the lease was sent, of the last that was answered. */
  renewedMs: number;
  /** What one renewal gives. */
  leaseMs: number;
}

type Held = Lease & { readonly entry: Entry };

/** What there is to see of one's own place. */
type Seen =
  | { readonly kind: 'first'; readonly sinceMs: number }
  | { readonly kind: 'behind'; readonly before: EtcdKey; readonly revision: bigint }
  | { readonly kind: 'lost' }
  | { readonly kind: 'failed'; readonly failure: Failure };

export class EtcdSession implements LockSession {
  readonly #owed: Owed;

  constructor(
    private readonly etcd: EtcdCluster,
    private readonly env: StrategyEnv,
    private readonly options: EtcdOptions,
  ) {
    this.#owed = new Owed(env);
  }

  async acquire(key: string, request: AcquireRequest): Promise<AcquireOutcome> {
    const deadlineMs = this.env.nowMs() + request.waitMs;
    let queuedMs = 0;
    const outcome = await acquireWithRetry(this.env, request, async () => {
      queuedMs = 0;
      return this.#lineUp(key, request, deadlineMs, (ms) => (queuedMs += ms));
    });
    // What the service took, not what others held the lock for.
    return outcome.kind === 'granted' ? { ...outcome, roundMs: outcome.roundMs - queuedMs } : outcome;
  }

  async #lineUp(
    key: string,
    request: AcquireRequest,
    deadlineMs: number,
    onQueued: (ms: number) => void,
  ): Promise<Try> {
    const { timeout } = this.options;
    const { ttlMs } = request;
    const token = this.env.token();
    const prefix = key + separator;
    const lease = (BigInt(`0x${token}`) % leases) + 1n;
    const renewedMs = this.env.nowMs();
    const granted = await this.etcd.grant(lease, Math.ceil(ttlMs / 1000), timeout);
    const leaseMs = (granted.reply?.ttlSeconds ?? 0) * 1000;
    const place = { prefix, own: prefix + token, lease, ttlMs, renewedMs, leaseMs };
    const entry: Entry = { ...place, createRevision: 0n };
    if (granted.failure !== null) {
      if (granted.failure.fate === 'maybe-executed') void this.#revoke(entry);
      return { kind: 'refused', why: 'unreachable' };
    }
    const created = await this.etcd.create(entry.own, lease, prefix, timeout);
    if (created.failure !== null) {
      void this.#revoke(entry);
      const { failure } = created;
      return failure.fate === 'maybe-executed' ? { kind: 'unknown', failure } : { kind: 'refused', why: 'unreachable' };
    }
    const { youngest, revision } = created.reply;
    entry.createRevision = revision;
    let seen = seenIn(youngest, entry, revision, renewedMs);
    const sinceMs = this.env.nowMs();
    if (seen.kind === 'behind') seen = await this.#wait(entry, seen, request, deadlineMs);
    onQueued(seen.kind === 'first' ? Math.max(0, seen.sinceMs - sinceMs) : 0);
    return this.#decide(key, token, entry, seen, request);
  }

  async #decide(key: string, token: string, entry: Entry, seen: Seen, { cancel, ttlMs }: AcquireRequest): Promise<Try> {
    const decidedMs = this.env.nowMs();
    if (seen.kind === 'first' && decidedMs < seen.sinceMs + ttlMs && !cancel.cancelled) {
      const lease = new Lease(key, token, seen.sinceMs + ttlMs, seen.sinceMs, entry.createRevision);
      const grant: Held = Object.assign(lease, { entry });
      return { kind: 'granted', grant, decidedMs };
    }
    const undone = this.#revoke(entry);
    // Somebody else would take a place that nobody is in for a holder.
    if (!cancel.cancelled && seen.kind !== 'failed') await undone;
    if (seen.kind === 'failed') return { kind: 'refused', why: 'unreachable' };
    return { kind: 'refused', why: seen.kind === 'behind' ? 'busy' : 'too-late' };
  }

  /** Until first in line, out of time, or out of the line. */
  async #wait(entry: Entry, first: Seen, { cancel, ttlMs }: AcquireRequest, deadlineMs: number): Promise<Seen> {
    let seen = first;
    for (;;) {
      const nowMs = this.env.nowMs();
      if (cancel.cancelled || nowMs >= deadlineMs) return seen;
      if (seen.kind === 'first' || seen.kind === 'lost' || nowMs >= entry.renewedMs + ttlMs) return seen;
      if (seen.kind === 'failed') await this.env.sleep(lookAgainMs, cancel);
      else {
        const woken = await this.#watch(entry, seen, cancel, deadlineMs);
        if (woken === 'over') return seen;
        if (woken === 'lost') return { kind: 'lost' };
        if (woken === 'gap') await this.env.sleep(lookAgainMs, cancel);
      }
      seen = await this.#look(entry);
    }
  }

  /** The lease is kept alive meanwhile. */
  async #watch(
    entry: Entry,
    { before, revision }: Extract<Seen, { kind: 'behind' }>,
    cancel: AcquireRequest['cancel'],
    deadlineMs: number,
  ): Promise<'deleted' | 'gap' | 'over' | 'lost'> {
    const enough = new CancelSource();
    let lost = false;
    const stopping = [
      cancel.onCancel(() => enough.cancel()),
      this.env.after(Math.max(0, deadlineMs - this.env.nowMs()), () => enough.cancel()),
      this.#keepAlive(entry, () => {
        lost = true;
        enough.cancel();
      }),
    ];
    const what = await this.etcd.deleted(before.key, revision + 1n, enough);
    for (const stop of stopping) stop();
    return what === 'cancelled' ? (lost ? 'lost' : 'over') : what;
  }

  /** Returns the way to stop. */
  #keepAlive(entry: Entry, onLost: () => void): () => void {
    const { env, etcd, options } = this;
    const everyMs = entry.ttlMs / renewalsPerTtl;
    let stopped = false;
    const renew = async (): Promise<void> => {
      const sentMs = env.nowMs();
      const { failure, reply } = await etcd.keepAlive(entry.lease, options.timeout);
      if (stopped) return;
      if (failure === null && reply.ttlSeconds > 0) entry.renewedMs = sentMs;
      if (reply?.ttlSeconds === 0 || env.nowMs() >= entry.renewedMs + entry.ttlMs) onLost();
      else stopTimer = env.after(failure === null ? everyMs : lookAgainMs, () => void renew());
    };
    let stopTimer = env.after(Math.max(0, entry.renewedMs + everyMs - env.nowMs()), () => void renew());
    return () => {
      stopped = true;
      stopTimer();
    };
  }

  /** Renews the lease and looks at one's own key, and whether there is one before it. */
  async #look(entry: Entry): Promise<Seen> {
    const { timeout } = this.options;
    let failure: Failure | null = null;
    for (let terms = 0; terms < mostTerms && failure === null; terms += 1) {
      const sinceMs = this.env.nowMs();
      const kept = await this.etcd.keepAlive(entry.lease, timeout);
      if (kept.failure !== null) return { kind: 'failed', failure: kept.failure };
      if (kept.reply.ttlSeconds === 0) return { kind: 'lost' };
      const found = await this.etcd.range(entry.prefix, entry.createRevision, 2, timeout);
      if (found.failure !== null) return { kind: 'failed', failure: found.failure };
      if (found.reply.term !== kept.reply.term) continue;
      entry.renewedMs = sinceMs;
      return seenIn(found.reply.keys, entry, found.reply.revision, sinceMs);
    }
    return { kind: 'failed', failure: electing };
  }

  /** The lease tells whether it was still ours: that somebody else has deleted the key is not seen here, but by `extend`. */
  async release(grant: Grant): Promise<ReleaseOutcome> {
    const { entry, validUntilMs } = grant as Held;
    letGo(grant);
    const over = this.env.nowMs() >= validUntilMs;
    const outcome = await this.#revoke(entry, releaseTries);
    if (typeof outcome !== 'boolean') return { kind: 'unknown', failure: outcome };
    return { kind: outcome && !over ? 'released' : 'lost' };
  }

  /**
   * With the lease goes the key. Asked so often here, and owed from then on; resolves with whether there was a lease, or with the
   * last failure.
   */
  async #revoke(entry: Entry, times = 1): Promise<boolean | Failure> {
    const { lease, renewedMs, ttlMs } = entry;
    let existed = false;
    let doubtful = false;
    const failure = await this.#owed.now(async () => {
      let last: Failure | null = null;
      for (let asked = 0; asked < times; asked += 1) {
        const { failure, reply } = await this.etcd.revoke(lease, this.options.timeout);
        if (failure === null) {
          // Gone before its time: then it was one of ours that took it away.
          existed = reply.existed || (doubtful && this.env.nowMs() < renewedMs + ttlMs);
          return null;
        }
        doubtful ||= failure.fate === 'maybe-executed';
        last = failure;
      }
      return last;
    });
    return failure ?? existed;
  }

  /** A lease of etcd cannot be made longer than it was granted for, so neither is validity, whatever `ttlMs` is. */
  async extend(grant: Grant, ttlMs: number): Promise<ExtendOutcome> {
    const lease = grant as Held;
    const { entry } = lease;
    if (lease.isOver(this.env.nowMs())) return { kind: 'lost' };
    if (lease.extensions >= this.options.maxExtensions) return { kind: 'refused' };
    lease.extensions += 1;
    const seen = await this.#look(entry);
    const nowMs = this.env.nowMs();
    if (seen.kind === 'first') {
      const validUntilMs = seen.sinceMs + Math.min(ttlMs, entry.leaseMs);
      if (nowMs < Math.min(lease.validUntilMs, validUntilMs)) {
        lease.validUntilMs = validUntilMs;
        return { kind: 'extended', validUntilMs };
      }
    }
    if (seen.kind === 'failed' && nowMs < lease.validUntilMs) return { kind: 'unknown' };
    lease.lose();
    return { kind: 'lost' };
  }

  quiesce = (): Promise<void> => this.#owed.quiesce();
  backlog = (): ReturnType<Owed['backlog']> => this.#owed.backlog();
  close = (): Promise<void> => Promise.resolve(this.#owed.close());
}

const electing = { code: 'ERR', fate: 'maybe-executed', message: 'the leader changes again and again' } as const;

/** `keys` are the youngest two up to one's own. */
function seenIn([own, before]: readonly EtcdKey[], entry: Entry, revision: bigint, sinceMs: number): Seen {
  if (own?.key !== entry.own || own.createRevision !== entry.createRevision) return { kind: 'lost' };
  return before === undefined ? { kind: 'first', sinceMs } : { kind: 'behind', before, revision };
}

export default {
  name: 'etcd',
  help: "etcd's own recipe: oldest key under a lease, waiters in line, create revision as fence",
  engine: 'etcd',
  topology: 'cluster',
  options: {
    timeout: {
      kind: 'duration',
      default: 300,
      minMs: 1,
      maxMs: 60_000,
      help: 'how long one answer is waited for; with a dead leader nothing is answered until the next is elected',
    },
    maxExtensions: {
      kind: 'integer',
      default: 10,
      min: 0,
      max: 1_000_000,
      help: 'how often one lease may be extended',
    },
  },
  judge: (_, { nodes }) => ({
    claims: {
      exclusion: true,
      expires: true,
      ownerRelease: true,
      toleratesDown: Math.floor((nodes - 1) / 2),
      // Who comes back without its data joins as another member, which takes a majority of the others.
      toleratesLoss: Math.floor((nodes - 1) / 2),
      fences: true,
      ...(nodes > 1 ? { recoversMs } : {}),
    },
    // Leases are whole seconds, and no shorter than one and a half elections (a quarter of a second for our own nodes).
    ttl: { minMs: 1_000, maxMs: 86_400_000 },
  }),
  open: (etcd, env, options) => Promise.resolve(new EtcdSession(etcd, env, options)),
} satisfies LockStrategy<'etcd', EtcdOptions>;
