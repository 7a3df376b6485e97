/**
 * Redlock, first come, first served: each of the N masters has a queue beside the lock, and a release grants on each of them to
 * the first there and tells that one alone (pub/sub). Who has been granted the lock by a quorum, within validity, holds it; what
 * validity counts from where somebody else's release has granted, and how masters come to agree about who is first:
 * src/kit/fair-queue.ts. Where the next is of the same session it goes on at once (src/kit/fair-cohort.ts). Quorum, drift, extension and release as in `redlock`.
 *
 * Where masters grant to several waiters at once, those with higher tickets yield to the lowest after some round trips, far
 * below the TTL. Masters that are down are waited for by nobody; they get the places of all who wait when they are back.
 * Waiters that are dead or stand still are passed over as in `single-fair`.
 *
 * What it cannot do: who asked first is decided by tickets that a quorum agrees upon, so those who ask within a round trip of each
 * other may come in either order. Masters that have lost their data forget their queues, as they forget locks.
 */
import type {
  AcquireOutcome,
  AcquireRequest,
  ExtendOutcome,
  Grant,
  Judgement,
  LockSession,
  LockStrategy,
  RedisNode,
  StrategyEnv,
  Topology,
} from '../src/contract/index.js';
import { FairQueue } from '../src/kit/fair-queue.js';
import { fairScripts } from '../src/kit/fair-scripts.js';
import type { Lease } from '../src/kit/lease.js';
import type { OnAnswer } from '../src/kit/releases.js';
import { compareAndExpire } from '../src/kit/scripts.js';
import redlock, { RedlockSession, type RedlockOptions } from './redlock.js';

type FairOptions = Omit<RedlockOptions, 'fanout'>;

class FairSession extends RedlockSession {
  readonly #queue: FairQueue;

  constructor(nodes: readonly RedisNode[], env: StrategyEnv, options: FairOptions) {
    super(nodes, env, { ...options, fanout: 'parallel' });
    this.#queue = new FairQueue(nodes, env, this.releases, {
      timeoutMs: options.nodeTimeout,
      quorum: this.quorum,
      driftMs: (ttlMs) => this.driftMs(ttlMs),
      unanswered: () => ({ kind: 'refused', why: 'unreachable' }),
    });
  }

  override acquire(key: string, request: AcquireRequest): Promise<AcquireOutcome> {
    return this.#queue.acquire(key, request);
  }

  protected override giveBack(lease: Lease, onAnswer: OnAnswer): void {
    this.#queue.giveBack(lease, onAnswer);
  }

  /** Servers must know by then who has it. */
  override extend(grant: Grant, ttlMs: number): Promise<ExtendOutcome> {
    this.#queue.tell();
    return super.extend(grant, ttlMs);
  }

  override quiesce = (): Promise<void> => this.#queue.quiesce();
  override close = (): Promise<void> => this.#queue.close();
}

/** Less than a majority excludes nobody, and orders nobody either. */
function judge(options: FairOptions, topology: Topology): Judgement {
  const judgement = redlock.judge({ ...options, fanout: 'parallel' }, topology);
  if ('refused' in judgement) return judgement;
  return { ...judgement, claims: { ...judgement.claims, fifo: judgement.claims.exclusion } };
}

const { quorum, nodeTimeout, driftFactor, maxExtensions } = redlock.options;

export default {
  name: 'redlock-fair',
  help: 'Redlock with a queue on each master: a release grants to the first who waits, and wakes nobody else',
  engine: 'redis',
  topology: 'quorum',
  options: { quorum, nodeTimeout, driftFactor, maxExtensions },
  scripts: [...fairScripts, compareAndExpire],
  judge,
  open: (nodes, env, options): Promise<LockSession> => Promise.resolve(new FairSession(nodes, env, options)),
} satisfies LockStrategy<'redis', FairOptions>;
