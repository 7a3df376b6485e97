/**
 * Those of one session who have a lock with a queue one after another, and what its servers are told of it.
 *
 * A server tells whoever takes a place which token is right before it. So who gives the lock back may find who is next in its own
 * process: that one holds at once. What excludes others meanwhile is the lease that was given back, for no
 * server gives it away before it has run out; so the heir has no more than was left of it, and nobody inherits who would have
 * much less than it asked for. Order is that of the queue.
 *
 * What short holders leave is told together, by the last of them, or after a while: what servers are told of each costs them and us more
 * than its section. A command that gives the lock back takes it from everyone that servers may take for its holder, for the one
 * before may not have been executed, and a server that did not take part may have granted it to any of them.
 *
 * Source: the passing of a lock within a cluster of threads in Dice, Marathe and Shavit, "Lock Cohorting: A General Technique for
 * Designing NUMA Locks"; unlike there the order of arrival is kept.
 */
import type { Command, StrategyEnv } from '../contract/index.js';
import { handingOn, leaving } from './fair-scripts.js';
import type { Line } from './fair-line.js';
import type { Waiter } from './fair-waiter.js';
import { Lease } from './lease.js';
import type { OnAnswer, Release } from './releases.js';

/** Of what a server would grant. */
const leastShare = 0.9;
/** A holder that took no longer is taken to be followed by others of its kind, */
const shortMs = 1;
/** and servers hear of so many of them together, so late at most. */
const mostTogether = 16;
const togetherMs = 1;
/** Then servers decide anew, for somebody may have come back between those who follow each other. */
const mostInRow = 16;

export class FairLease extends Lease {
  constructor(
    validUntilMs: number,
    readonly waiter: Waiter,
    readonly grantedMs: number,
    readonly cohort: Cohort,
  ) {
    super(waiter.spec.key, waiter.spec.token, validUntilMs, waiter.startMs);
  }

  /** Who of its line comes right behind, with what is left of the lease; null: nobody. */
  heir(line: Line | undefined, nowMs: number): FairLease | null {
    if (line === undefined || this.cohort.isFull || this.isOver(nowMs)) return null;
    const next = line.behind(this.waiter);
    if (next === null) return null;
    const wholeMs = next.spec.ttlMs - next.spec.driftMs;
    const validUntilMs = Math.min(this.validUntilMs, nowMs + wholeMs);
    if (validUntilMs - nowMs < leastShare * wholeMs) return null;
    this.waiter.seats.forEach(({ state }, server) => {
      if (state === 'holds') next.inherits(server);
    });
    return new FairLease(validUntilMs, next, nowMs, this.cohort);
  }
}

export class Cohort {
  #holder: FairLease | null = null;
  #admitted = 0;
  #startedMs = Infinity;
  /** Who the servers were told to take it from last, for that may not have been executed. */
  #before: readonly string[] = [];
  /** Those who have given it back since, what of theirs may be in a queue, and who of them wants to hear. */
  #tokens: string[] = [];
  #places: string[] = [];
  #answers: OnAnswer[] = [];
  #stopTimer = (): void => {};

  constructor(
    private readonly env: StrategyEnv,
    private readonly send: (release: Release, onAnswer: OnAnswer) => void,
    private readonly untold: Set<Cohort>,
  ) {}

  /** Whether it is this one that has the lock. */
  has(lease: FairLease): boolean {
    return this.#holder === lease;
  }

  /** So many have had it in a row that none of them names an heir any more. */
  get isFull(): boolean {
    return this.#admitted >= mostInRow;
  }

  /** It has the lock from now on. */
  admit(lease: FairLease): void {
    this.#holder = lease;
    this.#admitted += 1;
    this.#startedMs = Math.min(this.#startedMs, lease.startedMs);
  }

  /** Its holder gives it back: to the heir, or else to whoever the servers know. */
  giveBack(lease: FairLease, heir: FairLease | null, onAnswer: OnAnswer): void {
    this.#holder = null;
    this.#tokens.push(lease.token);
    this.#places.push(...this.#placesOf(lease));
    this.#answers.push(onAnswer);
    if (heir === null) return this.#tell(leaving(lease.key, this.#known(), this.#places));
    this.admit(heir);
    if (heir.grantedMs - lease.grantedMs >= shortMs || this.#tokens.length >= mostTogether) this.tell();
    else if (this.#tokens.length === 1) {
      this.untold.add(this);
      this.#stopTimer = this.env.after(togetherMs, () => this.tell());
    }
  }

  /** Servers hear who has it now, if they have not yet. */
  tell(): void {
    if (this.#holder === null || this.#tokens.length === 0) return;
    const { key, token, waiter } = this.#holder;
    const heir = { token, ttlMs: waiter.spec.ttlMs, place: waiter.places().at(-1)! };
    this.#tell(handingOn(key, this.#known(), heir, this.#places));
  }

  #tell(command: Command): void {
    const answers = this.#answers;
    this.#stopTimer();
    this.untold.delete(this);
    this.#before = this.#tokens;
    this.#tokens = [];
    this.#places = [];
    this.#answers = [];
    this.send({ command, sinceMs: this.#startedMs, untilMs: Infinity }, (reply) => {
      for (const answer of answers) answer(reply);
    });
  }

  #known(): readonly string[] {
    return [...this.#before, ...this.#tokens];
  }

  /** A place that was granted is not in a queue any more; that of an heir is. */
  #placesOf({ waiter }: FairLease): readonly string[] {
    const first = this.#before.length === 0 && this.#tokens.length === 1;
    const none = first && waiter.seats.every(({ state, place }) => state === 'holds' && place === 1);
    return none ? [] : waiter.places();
  }
}
