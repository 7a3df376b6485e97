/**
 * One Redis, first come, first served: who cannot have the lock at once takes a place in a queue beside it, and a release grants
 * the lock to the first in the queue in the same step, and tells that one alone (pub/sub). A hand-over is a release and a message,
 * or, where the next is of the same session, nothing that anybody waits for (src/kit/fair-cohort.ts).
 * How, and what a grant is worth that somebody else's release has made: src/kit/fair-queue.ts. Held, extended and given back
 * as in `single`, without allowance for drift.
 *
 * A waiter whose process is dead is passed over at once, for nobody hears what is published to it. One that stands still loses
 * its place when it has given no sign of life for four tenths of its TTL (100 ms at least, 2 s at most) and another session that
 * waits gives one. One that stands still just when it is granted the lock is a holder that stands still: its TTL bounds that.
 * Who comes back late asks anew under its old ticket.
 *
 * What it cannot do: a server that loses its data has forgotten the queue, too. Waiters take their places anew under their tickets
 * with their next look, and until then a newcomer may overtake. A server's clock that jumps lets places lapse, which are then
 * taken anew as well. Order is that of arrival at the server, not of the clocks of those who ask.
 */
import type {
  AcquireOutcome,
  AcquireRequest,
  ExtendOutcome,
  Grant,
  LockSession,
  LockStrategy,
  RedisNode,
  StrategyEnv,
} from '../src/contract/index.js';
import { FairQueue } from '../src/kit/fair-queue.js';
import { fairScripts } from '../src/kit/fair-scripts.js';
import type { Lease } from '../src/kit/lease.js';
import type { OnAnswer } from '../src/kit/releases.js';
import { compareAndExpire } from '../src/kit/scripts.js';
import single, { singleOptions, SingleSession, type SingleOptions } from './single.js';

class FairSession extends SingleSession {
  readonly #queue: FairQueue;

  constructor(node: RedisNode, env: StrategyEnv, options: SingleOptions) {
    super(node, env, options);
    this.#queue = new FairQueue([node], env, this.releases, {
      timeoutMs: options.timeout,
      quorum: 1,
      driftMs: () => 0,
      unanswered: (failure) =>
        failure.fate === 'not-executed' ? { kind: 'refused', why: 'unreachable' } : { kind: 'unknown', failure },
    });
  }

  override acquire(key: string, request: AcquireRequest): Promise<AcquireOutcome> {
    return this.#queue.acquire(key, request);
  }

  protected override giveBack(lease: Lease, onAnswer: OnAnswer): void {
    this.#queue.giveBack(lease, onAnswer);
  }

  /** The server must know by then who has it. */
  override extend(grant: Grant, ttlMs: number): Promise<ExtendOutcome> {
    this.#queue.tell();
    return super.extend(grant, ttlMs);
  }

  override quiesce = (): Promise<void> => this.#queue.quiesce();
  override close = (): Promise<void> => this.#queue.close();
}

export default {
  name: 'single-fair',
  help: 'one Redis with a queue: a release grants the lock to the first who waits, and wakes nobody else',
  engine: 'redis',
  topology: 'single',
  options: singleOptions,
  scripts: [...fairScripts, compareAndExpire],
  judge: () => {
    const { claims, ttl } = single.judge();
    return { claims: { ...claims, fifo: true }, ttl };
  },
  open: (nodes, env, options): Promise<LockSession> => Promise.resolve(new FairSession(nodes[0], env, options)),
} satisfies LockStrategy<'redis', SingleOptions>;
