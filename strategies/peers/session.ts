/**
 * From what a published library offers to the contract of a session: the same for all of them. Nothing of the library is
 * mended here: what it grants is granted as it says, what it never answers is never answered, and what it does not tell is
 * not made up.
 */
import {
  type AcquireOutcome,
  type AcquireRequest,
  type Backlog,
  type ExtendOutcome,
  type Failure,
  type Grant,
  type LibraryServers,
  type LockSession,
  type RefusedWhy,
  type ReleaseOutcome,
  type StrategyEnv,
} from '../../src/contract/index.js';
import { Lease, letGo } from '../../src/kit/lease.js';

/** What came of one acquire, in the library's own words. `lock` is its handle. */
export type Told<L> = Won<L> | { readonly kind: 'lost'; readonly tries: number; readonly why?: RefusedWhy };

export interface Won<L> {
  readonly kind: 'won';
  readonly lock: L;
  readonly token: string;
  readonly validUntilMs: number;
  readonly tries: number;
  /** How long the round took that was granted; null where that cannot be known. */
  readonly roundMs: number | null;
  readonly fence?: bigint;
  /** Where the library tells that a lock was lost while held. */
  onLost?(listener: () => void): void;
}

export interface Asked extends AcquireRequest {
  readonly startMs: number;
}

/** One adapter. Errors of the client may be thrown; those of the library are its answers. */
export interface Peer<L> {
  /** How many of the servers must fail before a lock cannot be had. */
  readonly decisive: number;
  acquire(key: string, asked: Asked): Promise<Told<L>>;
  /** failed: it says no, and not why. */
  release(lock: L): Promise<'released' | 'failed' | 'unknown'>;
  /** The new end of validity, or null when there is none. Absent: it does not extend. */
  extend?(held: PeerLease<L>, ttlMs: number): Promise<number | null | 'refused'>;
  /** Ends what the library does by itself, as a program would before it closes its clients. */
  close?(): Promise<void>;
}

export class PeerLease<L> extends Lease {
  /** The library's handle; another one after it was extended, with some. */
  lock: L;

  constructor(
    key: string,
    { token, validUntilMs, lock, fence }: Won<L>,
    { startMs, ttlMs }: Pick<Asked, 'startMs' | 'ttlMs'>,
  ) {
    super(key, token, validUntilMs, startMs, fence);
    this.lock = lock;
    this.ttlMs = ttlMs;
  }

  readonly ttlMs: number;
}

const unfulfilled: Failure = {
  code: 'TIMEOUT',
  fate: 'maybe-executed',
  message: 'the library gave up, and servers had left commands unanswered',
};

export class PeerSession<L> implements LockSession {
  readonly extend?: (grant: Grant, ttlMs: number) => Promise<ExtendOutcome>;
  readonly #underWay = new Set<Promise<unknown>>();
  #peak = 0;

  constructor(
    private readonly servers: LibraryServers,
    private readonly env: StrategyEnv,
    private readonly peer: Peer<L>,
  ) {
    if (peer.extend !== undefined) this.extend = (grant, ttlMs) => this.#extend(grant as PeerLease<L>, ttlMs);
  }

  async acquire(key: string, request: AcquireRequest): Promise<AcquireOutcome> {
    const { servers, env, peer } = this;
    if (request.cancel.cancelled) return { kind: 'cancelled', tries: 0 };
    const startMs = env.nowMs();
    const failedBefore = servers.failedCommands();
    let told: Told<L>;
    try {
      told = await this.#follow(peer.acquire(key, { ...request, startMs }));
    } catch (error) {
      if (request.cancel.cancelled) return { kind: 'cancelled', tries: 1 };
      const failure = servers.failureOf(error);
      if (failure === null) throw error;
      if (failure.fate === 'not-executed') return { kind: 'refused', why: 'unreachable', tries: 1 };
      return { kind: 'unknown', failure, tries: 1 };
    }
    if (told.kind === 'lost') {
      if (request.cancel.cancelled) return { kind: 'cancelled', tries: told.tries };
      const why = told.why ?? (this.#failedSince(failedBefore) >= peer.decisive ? 'unreachable' : 'busy');
      return { kind: 'refused', why, tries: told.tries };
    }
    const decidedMs = env.nowMs();
    const grant = new PeerLease(key, told, { startMs, ttlMs: request.ttlMs });
    told.onLost?.(() => grant.lose());
    return { kind: 'granted', grant, tries: told.tries, roundMs: told.roundMs, decidedMs };
  }

  /**
   * On how many servers commands have failed meanwhile, whoever's they were. These libraries say no alike when somebody holds
   * the lock and when servers are out of reach; so many that no quorum was left tell the two apart.
   */
  #failedSince(before: readonly number[]): number {
    return this.servers.failedCommands().filter((failed, node) => failed > (before[node] ?? 0)).length;
  }

  async release(grant: Grant): Promise<ReleaseOutcome> {
    letGo(grant);
    const failedBefore = this.servers.failedCommands();
    try {
      const told = await this.#follow(this.peer.release((grant as PeerLease<L>).lock));
      if (told === 'released') return { kind: told };
      if (told === 'unknown') return { kind: told, failure: unfulfilled };
    } catch (error) {
      const failure = this.servers.failureOf(error);
      if (failure === null) throw error;
      return { kind: 'unknown', failure };
    }
    // It has failed: with every command answered the lock was not there any more, else nobody knows.
    if (this.#failedSince(failedBefore) === 0) return { kind: 'lost' };
    return { kind: 'unknown', failure: unfulfilled };
  }

  async #extend(lease: PeerLease<L>, ttlMs: number): Promise<ExtendOutcome> {
    const failedBefore = this.servers.failedCommands();
    let told: number | null | 'refused';
    try {
      told = await this.#follow(this.peer.extend!(lease, ttlMs));
    } catch (error) {
      if (this.servers.failureOf(error) === null) throw error;
      return { kind: 'unknown' };
    }
    if (told === 'refused') return { kind: 'refused' };
    if (told !== null) {
      lease.validUntilMs = told;
      return { kind: 'extended', validUntilMs: told };
    }
    if (this.#failedSince(failedBefore) > 0 && this.env.nowMs() < lease.validUntilMs) return { kind: 'unknown' };
    lease.lose();
    return { kind: 'lost' };
  }

  /** No call is under way, and what was sent for the others of a fan-out is answered. */
  async quiesce(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.servers.answered();
  }

  backlog(): Backlog {
    return { pending: this.#underWay.size, peak: this.#peak, dropped: 0 };
  }

  async close(): Promise<void> {
    await this.peer.close?.();
  }

  #follow<T>(call: Promise<T>): Promise<T> {
    this.#underWay.add(call);
    this.#peak = Math.max(this.#peak, this.#underWay.size);
    const ended = (): void => void this.#underWay.delete(call);
    call.then(ended, ended);
    return call;
  }
}
