/**
 * The `Lane` of the contract over whatever wire is attached now. Every send is answered exactly once and never before
 * it returns; deadlines run from the write; a reply that comes after its deadline is swallowed, but awaited by `settled`.
 * Nothing is retried and nothing is sent twice.
 */
import { nowMs } from '../base/clock.js';
import { Deadlines } from '../base/deadlines.js';
import { Fifo } from '../base/fifo.js';
import { atTurnEnd } from '../base/turn.js';
import type { Command, Failure, Lane, OnReply, Reply } from '../contract/index.js';
import { downFailure, groupFailure, resetFailure, runsScript } from './failures.js';
import type { RoundMeter } from './meter.js';
import { Pending } from './pending.js';
import type { Wire } from './wire.js';

/** Commands of one lane whose reply is not in, late ones included. Reached only when a server stands still. */
export const maxInFlight = 16_384;

const overLimit = downFailure(`${maxInFlight} commands are in flight on this connection`);

export class WireLane implements Lane {
  #wire: Wire | null = null;
  #incarnation = 0;
  #down: Failure = downFailure('not connected yet');
  /** In send order, which is the order of the replies. */
  #inFlight = new Fifo<Pending>();
  readonly #unwritten: Pending[] = [];
  #turnOpen = false;
  #late = 0;
  #settlers: (() => void)[] = [];
  readonly #deadlines = new Deadlines();
  readonly #endTurn = (): void => {
    this.#turnOpen = false;
    this.#write();
  };

  /** Commands that got no answer, by reason. */
  readonly failed = { DOWN: 0, RESET: 0, TIMEOUT: 0 };

  constructor(private readonly meter: RoundMeter) {}

  get incarnation(): number {
    return this.#incarnation;
  }

  get up(): boolean {
    return this.#wire !== null;
  }

  /** Commands whose reply is not in. */
  get owed(): number {
    return this.#inFlight.length;
  }

  send(command: Command, timeoutMs: number, tag: number, done: OnReply): void {
    const wire = this.#wire;
    if (wire === null) return this.#refuseDown(tag, done);
    if (this.#inFlight.length >= maxInFlight) return refuse(overLimit, tag, done);
    this.meter.sent(command);
    this.#push(wire, command, timeoutMs, tag, done);
  }

  group(commands: readonly Command[], timeoutMs: number, tag: number, done: OnReply): void {
    const wire = this.#wire;
    if (wire === null) return this.#refuseDown(tag, done);
    if (this.#inFlight.length + commands.length > maxInFlight) return refuse(overLimit, tag, done);
    if (commands.length === 0) return atTurnEnd(() => done(tag, null, []));
    this.meter.sentGroup(commands.length);
    const replies: Reply[] = [];
    const failures: (Failure | null)[] = [];
    const onReply: OnReply = (_, failure, reply) => {
      replies.push(reply);
      failures.push(failure);
      if (replies.length < commands.length) return;
      const failed = groupFailure(failures);
      done(tag, failed, failed === null ? replies : null);
    };
    for (const command of commands) this.#push(wire, command, timeoutMs, tag, onReply);
  }

  settled(): Promise<void> {
    if (this.#late === 0) return Promise.resolve();
    return new Promise((resolve) => this.#settlers.push(resolve));
  }

  /** A new connection, its scripts loaded. */
  attach(wire: Wire): void {
    this.#wire = wire;
    this.#incarnation += 1;
  }

  /** The connection is gone, or could not be had: everything owed is answered, late replies will not come. */
  detach(reason: string): void {
    this.#wire = null;
    this.#down = downFailure(reason);
    const reset = resetFailure(reason);
    const owed = this.#inFlight;
    this.#inFlight = new Fifo();
    this.#unwritten.length = 0;
    for (let item = owed.shift(); item !== undefined; item = owed.shift()) {
      if (!item.answered) this.failed[item.written ? 'RESET' : 'DOWN'] += 1;
      item.abandon(item.written ? reset : this.#down);
    }
    this.#late = 0;
    this.#settle();
  }

  /** No deadline fires any more. */
  close(reason: string): void {
    this.detach(reason);
    this.#deadlines.close();
  }

  /** Told by each command: its reply is in, whether in time or not. */
  arrived(wasLate: boolean): void {
    this.meter.answered();
    for (let head = this.#inFlight.peek(); head?.arrived === true; head = this.#inFlight.peek()) this.#inFlight.shift();
    if (!wasLate) return;
    this.#late -= 1;
    if (this.#late === 0) this.#settle();
  }

  /** Told by a command whose deadline has passed: its reply is late from now on. */
  expired(): void {
    this.meter.answered();
    this.failed.TIMEOUT += 1;
    this.#late += 1;
  }

  #refuseDown(tag: number, done: OnReply): void {
    this.failed.DOWN += 1;
    refuse(this.#down, tag, done);
  }

  #push(wire: Wire, command: Command, timeoutMs: number, tag: number, done: OnReply): void {
    const item = new Pending(this, runsScript(command), timeoutMs, tag, done);
    this.#inFlight.push(item);
    this.#unwritten.push(item);
    if (wire.push(command, item)) this.#write();
    // After the push: a library that writes at the end of the turn has asked for its own first.
    if (this.#turnOpen) return;
    this.#turnOpen = true;
    atTurnEnd(this.#endTurn);
  }

  #write(): void {
    if (this.#unwritten.length === 0) return;
    this.#wire?.flush();
    const writtenMs = nowMs();
    for (const item of this.#unwritten) {
      item.written = true;
      this.#deadlines.add(item, item.timeoutMs, writtenMs);
    }
    this.#unwritten.length = 0;
  }

  #settle(): void {
    for (const resolve of this.#settlers.splice(0)) resolve();
  }
}

/** At the end of the turn, so that a caller who tries again at once leaves the event loop its air. */
function refuse(failure: Failure, tag: number, done: OnReply): void {
  atTurnEnd(() => done(tag, failure, null));
}
