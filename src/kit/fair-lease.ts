/**
 * A grant of a lock with a queue, and how it goes to the next within one session without waiting for a server.
 *
 * A server tells with a grant which places of the same session come right behind. So who gives the lock back may know who is
 * next, and that one is in the same process: it holds at once, while the command that names it as the heir is on its way. What
 * excludes others meanwhile is the lease that was given back, for no server gives it away before it has run out; so the heir has no
 * more than was left of it, and nobody inherits who would have much less than it asked for. Order is that of the queue.
 *
 * Should that command not be executed, what the heir sends when it gives the lock back takes it from its predecessor, too.
 *
 * Source: the passing of a lock within a cluster of threads in Dice, Marathe and Shavit, "Lock Cohorting: A General Technique for
 * Designing NUMA Locks"; unlike there the order of arrival is kept.
 */
import type { Command } from '../contract/index.js';
import { handingOn, leaving } from './fair-scripts.js';
import type { FairServers, Next } from './fair-servers.js';
import type { Waiter } from './fair-waiter.js';
import { Lease } from './lease.js';

/** Of what a server would grant. */
const leastShare = 0.9;
/** No token is empty. */
export const nobody = '';

interface Predecessor {
  readonly token: string;
  readonly startedMs: number;
}

/** Knows what it may have left on the servers. */
export class FairLease extends Lease {
  #handedOn = false;

  /** `predecessor`: who has handed it on; null: servers have granted it. */
  constructor(
    validUntilMs: number,
    readonly waiter: Waiter,
    readonly grantedMs: number,
    private readonly predecessor: Predecessor | null = null,
  ) {
    const { key, token } = waiter.spec;
    super(key, token, validUntilMs, Math.min(waiter.startMs, predecessor?.startedMs ?? Infinity));
  }

  /** What gives back all that its holder has; what was handed on is the heir's. */
  freeing(): Command {
    const { key, token } = this;
    return leaving(key, [this.#handedOn ? nobody : token, this.predecessor?.token ?? nobody], this.#places());
  }

  /** Who comes next in this session on a quorum of the servers that have this lease, with what is left of it; null: nobody. */
  heir(servers: FairServers, nowMs: number): FairLease | null {
    const { waiter } = this;
    if (this.#handedOn || this.isOver(nowMs)) return null;
    const nexts = waiter.seats.map(({ state, behind }, server) =>
      state === 'holds' ? servers.next(server, behind) : null,
    );
    const next = agreed(nexts, waiter.spec.quorum);
    if (next === null) return null;
    const wholeMs = next.spec.ttlMs - next.spec.driftMs;
    const validUntilMs = Math.min(this.validUntilMs, nowMs + wholeMs);
    if (validUntilMs - nowMs < leastShare * wholeMs) return null;
    waiter.seats.forEach(({ state }, server) => {
      const told = nexts[server];
      if (state === 'holds') next.inherits(server, told?.waiter === next ? told.behind : []);
    });
    return new FairLease(validUntilMs, next, nowMs, { token: this.token, startedMs: this.startedMs });
  }

  /** What tells the servers who has it from now on. */
  handingOn({ token, waiter }: FairLease): Command {
    this.#handedOn = true;
    const heir = { token, ttlMs: waiter.spec.ttlMs, place: waiter.places().at(-1)! };
    return handingOn(this.key, [this.token, this.predecessor?.token ?? nobody], heir, this.#places());
  }

  /** Those that may be in a queue. */
  #places(): readonly string[] {
    const { seats } = this.waiter;
    const none = this.predecessor === null && seats.every(({ state, place }) => state === 'holds' && place === 1);
    return none ? [] : this.waiter.places();
  }
}

function agreed(nexts: readonly (Next | null)[], quorum: number): Waiter | null {
  for (const one of nexts)
    if (one !== null && nexts.filter((other) => other?.waiter === one.waiter).length >= quorum) return one.waiter;
  return null;
}
