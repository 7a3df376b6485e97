/**
 * Waiting in line for a lock, in a queue on each server that decides about it: first come, first served. Who releases hands
 * over: the server grants the lock to the first in its queue and tells that one's session, so a hand-over takes two hops, and
 * nobody is woken in vain. What a server does is told in `fair-scripts.ts`, what a grant is worth in `fair-waiter.ts`.
 *
 * - Tickets order the queues, so that servers agree about who is first. A server gives the one that was proposed, or one more
 *   than the highest that waits there; proposed is one more than the session has seen (Lamport). Where servers gave different
 *   ones the highest counts, and is written back with the next look.
 * - Several servers may grant to several waiters. Who has too few of them for longer than a hand-over takes offers what it has to
 *   whoever waits there with a lower ticket, and nobody ever yields to a higher one: so all of them come to the lowest.
 * - Places are looked after (`fair-line.ts`): messages are delivered once or not at all, servers forget, holders die.
 * - Who stops waiting leaves, with one command that gives back the lock should it have been granted by then; it is owed
 *   until it is answered (`releases.ts`).
 *
 * Source: Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System" (tickets); Mellor-Crummey and Scott, "Algorithms
 * for Scalable Synchronization on Shared-Memory Multiprocessors" (handing over to the successor). Redisson's RedissonFairLock
 * keeps a list too, with deadlines that clients stamp, and all who wait are told of each release.
 */
import type { AcquireOutcome, AcquireRequest, Failure, RedisNode, StrategyEnv } from '../contract/index.js';
import { Cohort, FairLease } from './fair-cohort.js';
import { Line } from './fair-line.js';
import { leaving } from './fair-scripts.js';
import { FairServers } from './fair-servers.js';
import { Waiter } from './fair-waiter.js';
import type { Lease } from './lease.js';
import type { OnAnswer, Release, Releases } from './releases.js';
import type { Try } from './retry.js';

export interface FairRules {
  readonly timeoutMs: number;
  readonly quorum: number;
  driftMs(ttlMs: number): number;
  /** How a try ends that too few servers answered. */
  unanswered(failure: Failure): Try;
}

/** Tokens that are done with, though a place may yet be made for them: so many are remembered. */
const mostDoubtful = 1000;
/** A hand-over reaches all servers within so many round trips, and timers are a millisecond coarse. */
const patienceTrips = 2;
const leastPatienceMs = 2;
const busy: Try = { kind: 'refused', why: 'busy' };
const noAnswer: Failure = { code: 'TIMEOUT', fate: 'maybe-executed', message: 'too few servers answered' };

export class FairQueue {
  readonly #servers: FairServers;
  readonly #lines = new Map<string, Line>();
  readonly #doubtful = new Map<string, Waiter>();
  readonly #untold = new Set<Cohort>();
  #closed = false;

  constructor(
    private readonly nodes: readonly RedisNode[],
    private readonly env: StrategyEnv,
    private readonly releases: Releases,
    private readonly rules: FairRules,
  ) {
    this.#servers = new FairServers(nodes, env, rules.timeoutMs, {
      changed: (waiter, first) => this.#judge(waiter, first),
      doubtful: (waiter) => this.#settle(waiter, rules.unanswered(noAnswer)),
      heldFor: (key, server, leftMs) => this.#lines.get(key)?.heldFor(server, leftMs),
      back: (server) => {
        for (const line of this.#lines.values()) this.#servers.look(line, server);
      },
      told: (server, token) => this.#toldInVain(server, token),
    });
  }

  async acquire(key: string, request: AcquireRequest): Promise<AcquireOutcome> {
    const { env } = this;
    const { cancel } = request;
    const deadlineMs = env.nowMs() + request.waitMs;
    let ticket: number | null = null;
    for (let tries = 1; ; tries += 1) {
      if (cancel.cancelled || this.#closed) return { kind: 'cancelled', tries: tries - 1 };
      const startMs = env.nowMs();
      const before: number | null = ticket;
      const { waiter, outcome } = await this.#try(key, request, deadlineMs, before);
      if (outcome.kind === 'granted') return { ...outcome, tries, roundMs: outcome.decidedMs - startMs };
      if (cancel.cancelled || this.#closed) return { kind: 'cancelled', tries };
      const delayMs = env.retry.delayMs(tries, env.random);
      const leftMs = deadlineMs - env.nowMs();
      if (delayMs === null || leftMs <= 0) return { ...outcome, tries };
      // Its turn is not over: it comes back where it was.
      ticket = waiter.placed ? waiter.ticket : null;
      const late = outcome.kind === 'refused' && outcome.why === 'too-late';
      if (!late) await env.sleep(Math.min(delayMs, leftMs), cancel);
    }
  }

  /** Gives back all that a holder has, and hands the lock over. A grant from elsewhere may not know what it has. */
  giveBack(lease: Lease, onAnswer: OnAnswer): void {
    const { key, token, startedMs } = lease;
    if (!(lease instanceof FairLease))
      return this.#send({ command: leaving(key, [token], []), sinceMs: startedMs, untilMs: Infinity }, onAnswer);
    const { waiter, cohort } = lease;
    this.#remember(waiter);
    if (!cohort.has(lease)) {
      const command = leaving(key, [], waiter.places());
      return this.#send({ command, sinceMs: startedMs, untilMs: Infinity }, onAnswer);
    }
    const heir = lease.heir(this.#lines.get(lease.key), this.env.nowMs());
    // It goes on when this has returned, so what it sends comes behind.
    if (heir !== null) this.#grant(heir);
    cohort.giveBack(lease, heir, onAnswer);
  }

  /** Servers hear of all who have a lock now, before anything is sent that must come behind it. */
  tell(): void {
    for (const cohort of this.#untold) cohort.tell();
  }

  /** Resolves when servers know who has a lock, and no release is under way. */
  quiesce(): Promise<void> {
    this.tell();
    return this.releases.quiesce();
  }

  /** Those who wait leave; the releases end with it. */
  async close(): Promise<void> {
    this.#closed = true;
    const waiting = [...this.#servers.waiting.values()];
    const left = waiting.map((waiter) => new Promise<void>((resolve) => this.#settle(waiter, busy, resolve)));
    this.tell();
    for (const line of this.#lines.values()) line.stop();
    this.#servers.close();
    await Promise.all(left);
    this.releases.close();
  }

  #try(key: string, { ttlMs, waitMs, cancel }: AcquireRequest, deadlineMs: number, ticket: number | null) {
    const { env, rules } = this;
    return new Promise<{ readonly waiter: Waiter; readonly outcome: Try }>((resolve) => {
      const spec = {
        key,
        token: env.token(),
        session: this.#servers.session,
        ttlMs,
        driftMs: rules.driftMs(ttlMs),
        quorum: rules.quorum,
        waits: waitMs > 0,
        deadlineMs,
        ticket: ticket ?? (this.#servers.highestTicket += 1),
        isNew: ticket === null,
        isSign: this.#lines.get(key)?.isSignDue() ?? true,
        resolve: (outcome: Try) => resolve({ waiter, outcome }),
      };
      const waiter = new Waiter(spec, this.nodes.length, env.nowMs());
      if (spec.waits) {
        this.#servers.waiting.set(spec.token, waiter);
        waiter.stopListening = cancel.onCancel(() => this.#settle(waiter, busy));
      }
      this.#servers.ask(waiter);
    });
  }

  #judge(waiter: Waiter, first: boolean): void {
    if (waiter.settled || waiter.yielding) return;
    const { held, silent, unanswered } = waiter;
    const { quorum } = this.rules;
    if (held >= quorum) {
      const validUntilMs = waiter.validUntilMs();
      if (this.env.nowMs() >= validUntilMs) this.#settle(waiter, { kind: 'refused', why: 'too-late' });
      else {
        const cohort = new Cohort(this.env, this.#send, this.#untold);
        const lease = new FairLease(validUntilMs, waiter, this.env.nowMs(), cohort);
        cohort.admit(lease);
        this.#grant(lease);
      }
    } else if (first && this.nodes.length - silent < quorum)
      this.#settle(waiter, this.rules.unanswered(waiter.failure ?? noAnswer));
    else if (held + unanswered < quorum || waiter.stands)
      if (waiter.spec.waits) this.#wait(waiter, held);
      else if (held + unanswered < quorum) this.#settle(waiter, busy);
  }

  readonly #send = (release: Release, onAnswer: OnAnswer): void => this.releases.sendAll(this.nodes, release, onAnswer);

  #grant(lease: FairLease): void {
    const { waiter, grantedMs } = lease;
    this.#settle(waiter, { kind: 'granted', grant: lease, decidedMs: grantedMs, queued: waiter.queued });
  }

  #wait(waiter: Waiter, held: number): void {
    const { key } = waiter.spec;
    let line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, (line = this.#lineFor(key)));
    if (!waiter.queued) line.join(waiter);
    waiter.queued = true;
    if (held === 0) waiter.partlySinceMs = null;
    else if (waiter.partlySinceMs === null) {
      waiter.partlySinceMs = this.env.nowMs();
      waiter.tripsMs = Math.max(leastPatienceMs, patienceTrips * this.#servers.roundTripMs);
      waiter.patienceMs = waiter.tripsMs;
      line.partly(waiter);
    }
  }

  #lineFor(key: string): Line {
    return new Line(key, this.nodes.length, this.env, {
      look: (line, server) => this.#servers.look(line, server),
      over: (waiter) => {
        const reached = this.nodes.length - waiter.silent >= this.rules.quorum;
        this.#settle(waiter, reached ? busy : this.rules.unanswered(waiter.failure ?? noAnswer));
      },
      offer: (waiter) => this.#servers.offer(waiter),
      empty: (line) => {
        if (this.#lines.get(key) === line) this.#lines.delete(key);
      },
    });
  }

  /** `onLeft` is told when every server that may have something of it was told, and has answered or not. */
  #settle(waiter: Waiter, outcome: Try, onLeft: () => void = () => {}): void {
    if (waiter.settled) return;
    const { key, token, waits, resolve } = waiter.spec;
    waiter.settled = true;
    waiter.stopListening();
    if (waits) this.#servers.waiting.delete(token);
    this.#lines.get(key)?.waiters.delete(waiter);
    if (outcome.kind !== 'granted') this.#leave(waiter, onLeft);
    resolve(outcome);
  }

  #leave(waiter: Waiter, onLeft: () => void): void {
    const { key, token } = waiter.spec;
    const nodes = this.nodes.filter((_, server) => !waiter.seats[server].clean);
    let left = nodes.length;
    if (left === 0) return onLeft();
    this.#remember(waiter);
    const command = leaving(key, [token], waiter.places());
    this.releases.sendAll(nodes, { command, sinceMs: waiter.startMs, untilMs: Infinity }, () => {
      left -= 1;
      if (left === 0) onLeft();
    });
  }

  #remember(waiter: Waiter): void {
    if (!waiter.doubtful) return;
    this.#doubtful.set(waiter.spec.token, waiter);
    for (const [oldest] of this.#doubtful) {
      if (this.#doubtful.size <= mostDoubtful) break;
      this.#doubtful.delete(oldest);
    }
  }

  /** What asked for its place came after what gave it up, over an earlier connection: it is given up again. */
  #toldInVain(server: number, token: string): void {
    const waiter = this.#doubtful.get(token);
    if (waiter === undefined) return;
    const command = leaving(waiter.spec.key, [token], waiter.places());
    this.releases.sendAll([this.nodes[server]], { command, sinceMs: waiter.startMs, untilMs: Infinity });
  }
}
