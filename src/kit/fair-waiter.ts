/**
 * One try for a lock with a queue on each of its servers, under a token of its own: where it stands on each of them, and when that
 * makes it the holder.
 *
 * A server grants by itself, when somebody else releases, and nobody can tell when that was. But it was not before the
 * latest command that found this try waiting there was sent, and that is what the validity of a grant is counted from
 * (`anchorMs`). So it needs neither a clock of the server's nor a round trip to confirm. Places are numbered: what is told of one is
 * not believed of another, for a message may be late.
 */
import type { Failure } from '../contract/index.js';
import type { Try } from './retry.js';

export interface Seat {
  /**
   * none: it has nothing here, as far as is known. asked: a place was asked for, and no answer has come. yielding: it has
   * offered what it was granted to an earlier one, and no answer has come.
   */
  state: 'none' | 'asked' | 'waits' | 'holds' | 'yielding';
  /** Number of the latest place. */
  place: number;
  /** When that place was asked for. */
  askedMs: number;
  /** No grant that may stand here was made before. */
  anchorMs: number;
  /** The server did not answer last. */
  failed: boolean;
  /** It has said that nothing of this try is there. */
  clean: boolean;
  /** Which the place has there. */
  ticket: number;
  /** The token right before it in the queue when it came, or that of the holder; '': not known, or not so any more. */
  before: string;
}

export interface WaiterSpec {
  readonly key: string;
  readonly token: string;
  /** That it is one of. */
  readonly session: string;
  readonly ttlMs: number;
  /** How much of the TTL is allowed for clocks of different rate. */
  readonly driftMs: number;
  readonly quorum: number;
  /** For a place in the queues; else it is told at once that the lock is busy. */
  readonly waits: boolean;
  readonly deadlineMs: number;
  /** What it asks for; whether it comes behind all who wait, or keeps what it had in an earlier try. */
  readonly ticket: number;
  readonly isNew: boolean;
  /** That it asks is a sign of life; else its session has given one lately. */
  readonly isSign: boolean;
  readonly resolve: (outcome: Try) => void;
}

export class Waiter {
  readonly seats: readonly Seat[];
  /** What it proposed, and then the highest that any server gave it. */
  ticket: number;
  /** A server has given it a ticket. */
  placed: boolean;
  /** Servers that have not answered for the first time. */
  unanswered: number;
  settled = false;
  /** It has waited in line. */
  queued = false;
  /** A place was asked for, and no answer has come. */
  doubtful = false;
  failure: Failure | null = null;
  /** Since when it has some of the locks that it takes, but too few; null: it has none, or enough. */
  partlySinceMs: number | null = null;
  /** For so long it has them before it offers them; as long as a hand-over takes at least. */
  patienceMs = 0;
  tripsMs = 0;
  stopListening = (): void => {};

  constructor(
    readonly spec: WaiterSpec,
    servers: number,
    readonly startMs: number,
  ) {
    this.ticket = spec.ticket;
    this.placed = !spec.isNew;
    this.unanswered = servers;
    this.seats = Array.from({ length: servers }, () => ({
      state: 'asked',
      place: 1,
      askedMs: startMs,
      anchorMs: startMs,
      failed: false,
      clean: false,
      ticket: 0,
      before: '',
    }));
  }

  place(number: number): string {
    const { token, session, ttlMs } = this.spec;
    return `${token}:${number}:${session}:${ttlMs}`;
  }

  /** Every place that it may have somewhere. */
  places(): readonly string[] {
    const most = Math.max(...this.seats.map(({ place }) => place));
    return Array.from({ length: most }, (_, i) => this.place(i + 1));
  }

  holds(seat: Seat, sinceMs: number): void {
    seat.state = 'holds';
    seat.anchorMs = Math.max(seat.anchorMs, sinceMs);
    seat.clean = false;
  }

  /** What another had there is its own. */
  inherits(server: number): void {
    this.seats[server].state = 'holds';
  }

  /** Whether it stands right behind that one on a quorum of the servers that have that one as their holder. */
  follows(holder: Waiter): boolean {
    const { token, quorum } = holder.spec;
    let count = 0;
    for (let server = 0; server < this.seats.length; server += 1)
      if (this.seats[server].before === token && holder.seats[server].state === 'holds') count += 1;
    return count >= quorum && !this.yielding;
  }

  waits(seat: Seat, sinceMs: number): void {
    seat.state = 'waits';
    seat.anchorMs = Math.max(seat.anchorMs, sinceMs);
    seat.clean = false;
  }

  /** Servers that have it as their holder. */
  get held(): number {
    return this.#count(({ state }) => state === 'holds');
  }

  /** Servers that did not answer last. */
  get silent(): number {
    return this.#count(({ failed }) => failed);
  }

  /** It waits in a queue. */
  get stands(): boolean {
    return this.seats.some(({ state }) => state === 'waits');
  }

  /** A grant that was offered to others counts only when they are known not to have taken it. */
  get yielding(): boolean {
    return this.seats.some(({ state }) => state === 'yielding');
  }

  /** Of the best quorum that it has. */
  validUntilMs(): number {
    const { quorum, ttlMs, driftMs } = this.spec;
    if (this.seats.length === 1) return this.seats[0].anchorMs + ttlMs - driftMs;
    const anchors = this.seats.filter(({ state }) => state === 'holds').map(({ anchorMs }) => anchorMs);
    return anchors.sort((a, b) => b - a)[quorum - 1] + ttlMs - driftMs;
  }

  #count(is: (seat: Seat) => boolean): number {
    let count = 0;
    for (const seat of this.seats) if (is(seat)) count += 1;
    return count;
  }
}
