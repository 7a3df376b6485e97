/**
 * The `Lane` of the contract over whatever wire is attached now. Every send is answered exactly once and never before
 * it returns; deadlines run from the write; a reply that comes after its deadline is swallowed, but awaited by `settled`.
 * Nothing is retried and nothing is sent twice.
 */
import { atTurnEnd } from '../base/turn.js';
import type { Command, Failure, Lane, OnReply, Reply } from '../contract/index.js';
import { downFailure, groupFailure, resetFailure, runsScript, serverFailure, timeoutFailure } from './failures.js';
import { InFlight } from './in-flight.js';
import type { RoundMeter } from './meter.js';
import type { Sink, Wire } from './wire.js';

/** Commands of one lane whose reply is not in, late ones included. Reached only when a server stands still. */
export const maxInFlight = 16_384;

const overLimit = downFailure(`${maxInFlight} commands are in flight on this connection`);

export class WireLane implements Lane, Sink {
  #wire: Wire | null = null;
  #incarnation = 0;
  #down: Failure = downFailure('not connected yet');
  readonly #inFlight = new InFlight((tag, timeoutMs, done) => this.#expired(tag, timeoutMs, done));
  #turnOpen = false;
  #late = 0;
  #settlers: (() => void)[] = [];
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
    this.#inFlight.abandon((tag, written, done) => {
      this.failed[written ? 'RESET' : 'DOWN'] += 1;
      done(tag, written ? reset : this.#down, null);
    });
    this.#late = 0;
    this.#settle();
  }

  /** No deadline fires any more. */
  close(reason: string): void {
    this.detach(reason);
    this.#inFlight.close();
  }

  reply(reply: Reply): void {
    this.#answer(null, reply);
  }

  refuse(message: string): void {
    this.#answer(serverFailure(message, this.#inFlight.isScript), null);
  }

  #answer(failure: Failure | null, reply: Reply): void {
    const { tag, done } = this.#inFlight;
    this.#inFlight.shift();
    this.meter.answered();
    if (done !== null) return done(tag, failure, reply);
    this.#late -= 1;
    if (this.#late === 0) this.#settle();
  }

  #expired(tag: number, timeoutMs: number, done: OnReply): void {
    this.meter.answered();
    this.failed.TIMEOUT += 1;
    this.#late += 1;
    done(tag, timeoutFailure(timeoutMs), null);
  }

  #refuseDown(tag: number, done: OnReply): void {
    this.failed.DOWN += 1;
    refuse(this.#down, tag, done);
  }

  #push(wire: Wire, command: Command, timeoutMs: number, tag: number, done: OnReply): void {
    this.#inFlight.push(runsScript(command), timeoutMs, tag, done);
    if (wire.push(command, this)) this.#write();
    // After the push: a library that writes at the end of the turn has asked for its own first.
    if (this.#turnOpen) return;
    this.#turnOpen = true;
    atTurnEnd(this.#endTurn);
  }

  #write(): void {
    if (!this.#inFlight.hasUnwritten) return;
    this.#wire?.flush();
    this.#inFlight.wrote();
  }

  #settle(): void {
    for (const resolve of this.#settlers.splice(0)) resolve();
  }
}

/** At the end of the turn, so that a caller who tries again at once leaves the event loop its air. */
function refuse(failure: Failure, tag: number, done: OnReply): void {
  atTurnEnd(() => done(tag, failure, null));
}
