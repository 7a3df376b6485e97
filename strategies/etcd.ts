/**
 * etcd: the recipe of its own client, done by hand. Everyone who wants the lock creates a key of their own under its prefix,
 * bound to a lease; the oldest key holds the lock, and everyone else waits for the deletion of the one before theirs.
 * Source: etcd, client/v3/concurrency/mutex.go; `src/kit/etcd-place.ts` is the recipe itself. The server's own lock RPC is left
 * alone: that of 3.4 grants to a waiter whose lease has run out meanwhile (etcd#11456).
 *
 * - A lease for each lock, not for each session: its TTL is that of the request, contenders of one session do not share a key,
 *   and to revoke it is a release that may be sent twice and that nothing sent before can undo.
 * - Who has waited is granted only after looking at their own key again, renewed and found by a majority in one and the same
 *   term.
 * - Validity counts from before the grant or the renewal was sent, on our own monotonic clock. etcd's client has no such
 *   deadline. Leases of etcd are whole seconds: the cluster keeps the key up to a second longer than was asked for.
 * - The create revision is the fence: it grows over the whole store, and grants of one key are in its order.
 */
import type {
  AcquireOutcome,
  AcquireRequest,
  EtcdCluster,
  ExtendOutcome,
  Failure,
  Grant,
  LockSession,
  LockStrategy,
  ReleaseOutcome,
  StrategyEnv,
} from '../src/contract/index.js';
import { EtcdPlace, type Seen } from '../src/kit/etcd-place.js';
import { Lease, letGo } from '../src/kit/lease.js';
import { Owed } from '../src/kit/owed.js';
import { acquireWithRetry, type Try } from '../src/kit/retry.js';

export interface EtcdOptions {
  readonly timeout: number;
  readonly maxExtensions: number;
}

/** An election, with etcd's own second for its time-out, and a call that had to be given up. */
const recoversMs = 3_000;
/** A release is worth the time of an election. */
const releaseTries = 3;

type Held = Lease & { readonly place: EtcdPlace };

export class EtcdSession implements LockSession {
  readonly #owed: Owed;

  constructor(
    private readonly etcd: EtcdCluster,
    private readonly env: StrategyEnv,
    private readonly options: EtcdOptions,
  ) {
    this.#owed = new Owed(env);
  }

  acquire(key: string, request: AcquireRequest): Promise<AcquireOutcome> {
    const deadlineMs = this.env.nowMs() + request.waitMs;
    return acquireWithRetry(this.env, request, async () => {
      const token = this.env.token();
      const place = new EtcdPlace(this.etcd, this.env, this.options.timeout, request.ttlMs, key, token);
      let seen = await place.take();
      const queued = seen.kind === 'behind';
      if (seen.kind === 'behind') seen = await place.wait(seen, request.cancel, deadlineMs);
      const outcome = await this.#decide(key, token, place, seen, request);
      return outcome.kind === 'granted' ? { ...outcome, queued } : outcome;
    });
  }

  async #decide(
    key: string,
    token: string,
    place: EtcdPlace,
    seen: Seen,
    { cancel, ttlMs }: AcquireRequest,
  ): Promise<Try> {
    const decidedMs = this.env.nowMs();
    if (seen.kind === 'first' && decidedMs < seen.sinceMs + ttlMs && !cancel.cancelled) {
      const lease = new Lease(key, token, seen.sinceMs + ttlMs, seen.sinceMs, place.createRevision);
      const grant: Held = Object.assign(lease, { place });
      return { kind: 'granted', grant, decidedMs };
    }
    const undone = place.exists ? this.#leave(place) : null;
    if (seen.kind === 'failed') {
      const { failure } = seen;
      const known = failure.fate === 'not-executed' || place.createRevision > 0n;
      return known ? { kind: 'refused', why: 'unreachable' } : { kind: 'unknown', failure };
    }
    // Somebody else would take a place that nobody is in for a holder.
    if (!cancel.cancelled) await undone;
    return { kind: 'refused', why: seen.kind === 'behind' ? 'busy' : 'too-late' };
  }

  /** The lease tells whether it was still ours: that somebody else has deleted the key is not seen here, but by `extend`. */
  async release(grant: Grant): Promise<ReleaseOutcome> {
    const { place, validUntilMs } = grant as Held;
    letGo(grant);
    const over = this.env.nowMs() >= validUntilMs;
    const outcome = await this.#leave(place, releaseTries);
    if (typeof outcome !== 'boolean') return { kind: 'unknown', failure: outcome };
    return { kind: outcome && !over ? 'released' : 'lost' };
  }

  /** Owed from then on where it fails. */
  async #leave(place: EtcdPlace, times = 1): Promise<boolean | Failure> {
    let outcome: boolean | Failure = false;
    await this.#owed.now(async () => {
      outcome = await place.leave(times);
      return typeof outcome === 'boolean' ? null : outcome;
    });
    return outcome;
  }

  /** A lease of etcd cannot be made longer than it was granted for, so neither is validity, whatever `ttlMs` is. */
  async extend(grant: Grant, ttlMs: number): Promise<ExtendOutcome> {
    const lease = grant as Held;
    if (lease.isOver(this.env.nowMs())) return { kind: 'lost' };
    if (lease.extensions >= this.options.maxExtensions) return { kind: 'refused' };
    lease.extensions += 1;
    const seen = await lease.place.look();
    const nowMs = this.env.nowMs();
    if (seen.kind === 'first') {
      const validUntilMs = seen.sinceMs + Math.min(ttlMs, lease.place.leaseMs);
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
