/**
 * A place in the line for a lock in etcd: a key of one's own under the lock's prefix, bound to a lease of its own. Who is first
 * in line holds the lock. Source: etcd, client/v3/concurrency/mutex.go (with the mending of etcd#11456) and key.go.
 */
import type { Cancel, EtcdCluster, EtcdKey, Failure, StrategyEnv } from '../contract/index.js';

/** What there is to see of one's own place. */
export type Seen =
  /** Validity counts from `sinceMs`, when what made or renewed the lease was sent. */
  | { readonly kind: 'first'; readonly sinceMs: number }
  | { readonly kind: 'behind'; readonly before: EtcdKey; readonly revision: bigint }
  | { readonly kind: 'lost' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Between a lock's name and a token: names may hold slashes, as in `a` and `a/b`, and one must not be found under the other. */
const separator = '\0';
/** A lease that is waiting in line is renewed so often within its TTL. */
const renewalsPerTtl = 3;
/** After a look that failed, or a watch that broke. */
const lookAgainMs = 20;
/** Elections within one look; after that it has failed. */
const mostTerms = 3;
/** Numbers of leases lie below it: a prime, so that every digit of a token counts. */
const leases = 2n ** 61n - 1n;

const electing = { code: 'ERR', fate: 'maybe-executed', message: 'the leader changes again and again' } as const;

export class EtcdPlace {
  /** Of the key: the order of the line, and the fence. */
  createRevision = 0n;
  /** What one renewal gives, rounded up to whole seconds by us, and raised to its own least by the cluster. */
  leaseMs = 0;
  /** There may be a lease, and under it a key. */
  exists = false;
  readonly #prefix: string;
  readonly #own: string;
  readonly #lease: bigint;
  #renewedMs = 0;

  constructor(
    private readonly etcd: EtcdCluster,
    private readonly env: StrategyEnv,
    private readonly timeoutMs: number,
    private readonly ttlMs: number,
    key: string,
    token: string,
  ) {
    this.#prefix = key + separator;
    this.#own = this.#prefix + token;
    this.#lease = (BigInt(`0x${token}`) % leases) + 1n;
  }

  async take(): Promise<Seen> {
    const sinceMs = this.env.nowMs();
    const granted = await this.etcd.grant(this.#lease, Math.ceil(this.ttlMs / 1000), this.timeoutMs);
    this.exists = granted.failure?.fate !== 'not-executed';
    // No key is under it, so whatever became of it, nobody can hold the lock by it.
    if (granted.failure !== null) return { kind: 'failed', failure: { ...granted.failure, fate: 'not-executed' } };
    this.#renewedMs = sinceMs;
    this.leaseMs = granted.reply.ttlSeconds * 1000;
    const created = await this.etcd.create(this.#own, this.#lease, this.#prefix, this.timeoutMs);
    if (created.failure !== null) return { kind: 'failed', failure: created.failure };
    const { youngest, revision } = created.reply;
    this.createRevision = revision;
    return this.#seenIn(youngest, revision, sinceMs);
  }

  /** Until first in line, out of time, or out of the line. */
  async wait(first: Seen, cancel: Cancel, deadlineMs: number): Promise<Seen> {
    let seen = first;
    for (;;) {
      const nowMs = this.env.nowMs();
      if (seen.kind === 'first' || seen.kind === 'lost' || cancel.cancelled) return seen;
      if (nowMs >= Math.min(deadlineMs, this.#renewedMs + this.ttlMs)) return seen;
      const woken = seen.kind === 'failed' ? 'gap' : await this.#watch(seen, cancel, deadlineMs);
      if (woken === 'over') return seen;
      if (woken === 'lost') return { kind: 'lost' };
      if (woken === 'gap') await this.env.sleep(lookAgainMs, cancel);
      seen = await this.look();
    }
  }

  /** Renews the lease and looks at one's own key, and whether there is one before it. */
  async look(): Promise<Seen> {
    for (let terms = 0; terms < mostTerms; terms += 1) {
      const sinceMs = this.env.nowMs();
      const kept = await this.etcd.keepAlive(this.#lease, this.timeoutMs);
      if (kept.failure !== null) return { kind: 'failed', failure: kept.failure };
      if (kept.reply.ttlSeconds === 0) return { kind: 'lost' };
      const found = await this.etcd.range(this.#prefix, this.createRevision, 2, this.timeoutMs);
      if (found.failure !== null) return { kind: 'failed', failure: found.failure };
      // A leader that has been cut off renews leases for a moment without anybody's consent (etcd#15247): one that has the
      // majority's in the same term afterwards had it before.
      if (found.reply.term !== kept.reply.term) continue;
      this.#renewedMs = sinceMs;
      return this.#seenIn(found.reply.keys, found.reply.revision, sinceMs);
    }
    return { kind: 'failed', failure: electing };
  }

  /** With the lease goes the key. Asked so often; resolves with whether there was a lease, or with the last failure. */
  async leave(times: number): Promise<boolean | Failure> {
    let failure: Failure | null = null;
    let doubtful = false;
    for (let asked = 0; asked < times; asked += 1) {
      const answer = await this.etcd.revoke(this.#lease, this.timeoutMs);
      // Gone before its time: then it was one of ours that took it away.
      if (answer.failure === null)
        return answer.reply.existed || (doubtful && this.env.nowMs() < this.#renewedMs + this.ttlMs);
      failure = answer.failure;
      doubtful ||= failure.fate === 'maybe-executed';
    }
    return failure ?? false;
  }

  /** For the deletion of the one before. The lease is kept alive meanwhile. */
  async #watch(
    { before, revision }: Extract<Seen, { kind: 'behind' }>,
    cancel: Cancel,
    deadlineMs: number,
  ): Promise<'deleted' | 'gap' | 'over' | 'lost'> {
    const enough = new Enough();
    let lost = false;
    const stopping = [
      cancel.onCancel(() => enough.cancel()),
      this.env.after(Math.max(0, deadlineMs - this.env.nowMs()), () => enough.cancel()),
      this.#keepAlive(() => {
        lost = true;
        enough.cancel();
      }),
    ];
    const what = await this.etcd.deleted(before.key, revision + 1n, enough);
    for (const stop of stopping) stop();
    return what === 'cancelled' ? (lost ? 'lost' : 'over') : what;
  }

  /** Returns the way to stop. */
  #keepAlive(onLost: () => void): () => void {
    const { env } = this;
    const everyMs = this.ttlMs / renewalsPerTtl;
    let stopped = false;
    const renew = async (): Promise<void> => {
      const sentMs = env.nowMs();
      const { failure, reply } = await this.etcd.keepAlive(this.#lease, this.timeoutMs);
      if (stopped) return;
      if (failure === null && reply.ttlSeconds > 0) this.#renewedMs = sentMs;
      if (reply?.ttlSeconds === 0 || env.nowMs() >= this.#renewedMs + this.ttlMs) onLost();
      else stopTimer = env.after(failure === null ? everyMs : lookAgainMs, () => void renew());
    };
    let stopTimer = env.after(Math.max(0, this.#renewedMs + everyMs - env.nowMs()), () => void renew());
    return () => {
      stopped = true;
      stopTimer();
    };
  }

  /** `keys` are the youngest two up to one's own. */
  #seenIn([own, before]: readonly EtcdKey[], revision: bigint, sinceMs: number): Seen {
    if (own?.key !== this.#own || own.createRevision !== this.createRevision) return { kind: 'lost' };
    return before === undefined ? { kind: 'first', sinceMs } : { kind: 'behind', before, revision };
  }
}

/** Several reasons to end one watch. */
class Enough implements Cancel {
  cancelled = false;
  readonly #listeners = new Set<() => void>();

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    for (const listener of this.#listeners) listener();
  }

  onCancel(listener: () => void): () => void {
    if (this.cancelled) listener();
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
