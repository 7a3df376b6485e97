/**
 * What one session says to the servers of its locks, and hears from them: it asks for places, looks after them, offers what it
 * has too little of, and is told of grants. What comes of it is written into the waiters (`fair-waiter.ts`), and whoever may
 * have to decide is told which of them it concerns.
 */
import type { Command, Failure, OnReply, RedisNode, Reply, StrategyEnv } from '../contract/index.js';
import { everyMsOf, lapseMsOf, type Line } from './fair-line.js';
import { channelPrefix } from './fair-lua.js';
import { fairKeys, lookAfter, looks, takeOrQueue, yields, yieldToEarlier } from './fair-scripts.js';
import type { Seat, Waiter } from './fair-waiter.js';
import { evalSha } from './scripts.js';
import { send, sendToAll, type OnAnswer } from './send.js';

/** Places that are looked after by one command. */
const mostLookedAfter = 500;
/** Of the longest round trip with every new one that is shorter. */
const forgetting = 0.9;

export interface FairEvents {
  /** Something has changed for it. `first`: these are the answers to its asking. */
  changed(waiter: Waiter, first: boolean): void;
  /** What it offered may be gone or not, and nobody will tell. */
  doubtful(waiter: Waiter): void;
  /** The PTTL of the lock on that server. */
  heldFor(key: string, server: number, leftMs: number): void;
  /** Messages may have been missed, and answers. */
  back(server: number): void;
  /** A message about a token that waits no more. */
  told(server: number, token: string): void;
}

/** Ticket, PTTL of the lock, and the token before. */
type Refusal = readonly [ticket: number, leftMs: number, before: string];

export class FairServers {
  readonly waiting = new Map<string, Waiter>();
  /** Names its channel. */
  readonly session: string;
  /** The longest lately. */
  roundTripMs = 0;
  highestTicket = 0;
  /** It would hear of a grant. */
  readonly #hears: boolean[];
  readonly #stops: (() => void)[];

  constructor(
    private readonly nodes: readonly RedisNode[],
    private readonly env: StrategyEnv,
    private readonly timeoutMs: number,
    private readonly events: FairEvents,
  ) {
    this.session = env.token();
    this.#hears = nodes.map(() => false);
    this.#stops = nodes.flatMap((node, server) => [
      node.subscribe(
        channelPrefix + this.session,
        (place) => this.#told(server, place),
        (state) => {
          this.#hears[server] = state === 'live';
          if (state === 'live') events.back(server);
        },
      ),
      node.onIncarnation((_, up) => {
        if (up) events.back(server);
      }),
    ]);
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  /** Asks all servers, each for a place in its queue if the waiter wants one and would hear from there. */
  ask(waiter: Waiter): void {
    const done: OnReply = (server, failure, reply) => {
      waiter.unanswered -= 1;
      this.roundTripMs = Math.max(this.env.nowMs() - waiter.startMs, this.roundTripMs * forgetting);
      this.#asked(waiter, server, 1, failure, reply, true);
    };
    const wanted = (): boolean => !waiter.settled;
    if (!waiter.spec.waits || this.#hears.every(Boolean)) {
      const command = this.#taking(waiter, 1, waiter.spec.waits);
      sendToAll(this.nodes, command, this.timeoutMs, done, wanted);
      return;
    }
    this.nodes.forEach(({ shared }, server) => {
      const command = this.#taking(waiter, 1, this.#hears[server]);
      send(shared, command, this.timeoutMs, (failure, reply) => done(server, failure, reply), wanted);
    });
  }

  /** The line's places on one server. One look at a time: another that is wanted meanwhile follows. */
  look(line: Line, server: number): void {
    if (line.looking[server] > 0) {
      line.again[server] = true;
      return;
    }
    const waiters = [...line.waiters];
    for (let i = 0; i < waiters.length; i += mostLookedAfter)
      this.#look(line, server, waiters.slice(i, i + mostLookedAfter));
  }

  /** Offers what it has been granted, wherever somebody waits who comes before it. */
  offer(waiter: Waiter): void {
    const lapseMs = lapseMsOf(everyMsOf(waiter.spec.ttlMs));
    if (waiter.yielding) return;
    waiter.seats.forEach((seat, server) => {
      if (seat.state !== 'holds') return;
      const number = this.#begin(seat, 'yielding');
      const { key, token } = waiter.spec;
      const args = [token, waiter.place(number), this.session, waiter.ticket, lapseMs];
      const command = evalSha(yieldToEarlier, ...fairKeys(key), ...args);
      const done: OnAnswer = (failure, reply) => this.#offered(waiter, seat, number, failure, reply);
      send(this.nodes[server].shared, command, this.timeoutMs, done, () => !waiter.settled);
    });
  }

  /** Under its ticket, on a server where its place is gone. */
  #askAgain(waiter: Waiter, server: number): void {
    const number = this.#begin(waiter.seats[server], 'asked');
    const command = this.#taking(waiter, number, this.#hears[server]);
    const done: OnAnswer = (failure, reply) => this.#asked(waiter, server, number, failure, reply, false);
    const wanted = (): boolean => !waiter.settled && waiter.seats[server].place === number;
    send(this.nodes[server].shared, command, this.timeoutMs, done, wanted);
  }

  /** The number of the new place. */
  #begin(seat: Seat, state: 'asked' | 'yielding'): number {
    seat.state = state;
    seat.clean = false;
    seat.before = '';
    seat.askedMs = this.env.nowMs();
    seat.place += 1;
    return seat.place;
  }

  #taking(waiter: Waiter, number: number, queues: boolean): Command {
    const { key, token, ttlMs } = waiter.spec;
    const lapseMs = queues ? lapseMsOf(everyMsOf(ttlMs)) : 0;
    const place = [waiter.place(number), this.session, waiter.ticket, waiter.placed ? 0 : 1];
    const isSign = number > 1 || waiter.spec.isSign ? 1 : 0;
    return evalSha(takeOrQueue, ...fairKeys(key), token, ttlMs, ...place, lapseMs, isSign);
  }

  #asked(waiter: Waiter, server: number, number: number, failure: Failure | null, reply: Reply, first: boolean): void {
    const seat = waiter.seats[server];
    if (waiter.settled || seat.place !== number) return;
    seat.failed = failure !== null;
    if (failure !== null) {
      if (failure.fate === 'maybe-executed') waiter.doubtful = true;
      if (waiter.failure === null || failure.fate === 'maybe-executed') waiter.failure = failure;
      if (seat.state === 'asked') seat.state = 'none';
      seat.clean = failure.fate === 'not-executed' && number === 1;
    } else if (reply === 1) {
      waiter.placed = true;
      waiter.holds(seat, seat.askedMs);
    } else this.#refused(waiter, seat, reply as Refusal, number);
    this.events.changed(waiter, first);
    if (failure === null && reply !== 1) this.events.heldFor(waiter.spec.key, server, (reply as Refusal)[1]);
  }

  /** The grant may have been told before the answer that it has a place. */
  #refused(waiter: Waiter, seat: Seat, [ticket, , before]: Refusal, number: number): void {
    seat.clean = ticket === 0 && number === 1;
    seat.ticket = ticket;
    seat.before = before;
    if (seat.state === 'asked') seat.state = ticket === 0 ? 'none' : 'waits';
    waiter.placed ||= ticket > 0;
    waiter.ticket = Math.max(waiter.ticket, ticket);
    this.highestTicket = Math.max(this.highestTicket, ticket);
  }

  #told(server: number, place: string): void {
    const [token, number] = place.split(':', 2);
    const waiter = this.waiting.get(token);
    if (waiter === undefined) return this.events.told(server, token);
    const seat = waiter.seats[server];
    if (seat.place !== Number(number) || seat.state === 'holds') return;
    waiter.holds(seat, seat.askedMs);
    this.events.changed(waiter, false);
  }

  #look(line: Line, server: number, waiters: readonly Waiter[]): void {
    const numbers = waiters.map(({ seats }) => seats[server].place);
    for (const { seats, ticket } of waiters) moves(seats[server], ticket);
    const places = waiters.flatMap((waiter, i) => [waiter.ticket, waiter.place(numbers[i])]);
    const lapseMs = lapseMsOf(line.everyMs);
    const command = evalSha(lookAfter, ...fairKeys(line.key), this.session, lapseMs, ...places);
    const sentMs = this.env.nowMs();
    line.looking[server] += 1;
    send(this.nodes[server].shared, command, this.timeoutMs, (failure, reply) => {
      line.looking[server] -= 1;
      const [leftMs, ...found] = (reply ?? [-1]) as readonly number[];
      waiters.forEach((waiter, i) => {
        if (waiter.settled) return;
        waiter.seats[server].failed = failure !== null;
        if (failure === null && waiter.seats[server].place === numbers[i])
          this.#found(waiter, server, found[i], sentMs);
      });
      if (failure === null) line.heldFor(server, leftMs);
      if (line.looking[server] > 0 || !line.again[server]) return;
      line.again[server] = false;
      this.look(line, server);
    });
  }

  #found(waiter: Waiter, server: number, found: number, sentMs: number): void {
    const seat = waiter.seats[server];
    if (seat.state === 'yielding') return;
    if (found === looks.holds) {
      waiter.holds(seat, sentMs);
      this.events.changed(waiter, false);
    } else if (found === looks.waits) {
      // It may have been told meanwhile that it holds: then that was later.
      if (seat.state === 'holds') seat.anchorMs = Math.max(seat.anchorMs, sentMs);
      else waiter.waits(seat, sentMs);
    } else if (seat.state !== 'asked') {
      seat.state = 'none';
      this.#askAgain(waiter, server);
      this.events.changed(waiter, false);
    }
  }

  #offered(waiter: Waiter, seat: Seat, number: number, failure: Failure | null, reply: Reply): void {
    if (waiter.settled || seat.place !== number || seat.state !== 'yielding') return;
    if (failure !== null) {
      seat.state = 'none';
      if (failure.fate === 'maybe-executed') return this.events.doubtful(waiter);
    } else if (reply === yields.kept) seat.state = 'holds';
    else if (reply === yields.yielded) waiter.waits(seat, seat.askedMs);
    else seat.state = 'none';
    this.events.changed(waiter, false);
  }
}

/** A place whose ticket becomes higher may get another before it. */
function moves(seat: Seat, ticket: number): void {
  if (seat.ticket >= ticket) return;
  seat.ticket = ticket;
  seat.before = '';
}
