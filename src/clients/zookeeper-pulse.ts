/**
 * Until when the servers have promised to keep a session, and what keeps it alive. Pings go out when nothing has confirmed it for a
 * third of its timeout, a server that says nothing for two thirds is left for another one (ZooKeeper Programmer's Guide,
 * "ZooKeeper Sessions"; two thirds leave time to reach it).
 *
 * Validity counts from when the last request that was answered had been sent, so what the network adds makes it shorter and never
 * longer. Two things it takes on trust: that the servers' clocks do not run faster than ours, and that a node that answers has not
 * lost its leader, which it notices within its syncLimit.
 */
import { after, nowMs } from '../base/clock.js';
import { atTurnEnd } from '../base/turn.js';

export const pingShare = 1 / 3;
export const silenceShare = 2 / 3;

export interface PulseEvents {
  /** Validity is over without a word; told before it moves on, should it ever. */
  lapsed(): void;
  pingDue(): void;
  /** The connection brings nothing any more. */
  silent(forMs: number): void;
}

export class Pulse {
  #timeoutMs: number;
  #validUntilMs = -Infinity;
  #lapsed = true;
  #connected = false;
  #over = false;
  #heardMs = -Infinity;
  #pingedMs = -Infinity;
  #stopTimer = (): void => {};

  constructor(
    askedMs: number,
    private readonly events: PulseEvents,
  ) {
    this.#timeoutMs = askedMs;
  }

  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  get validUntilMs(): number {
    return this.#validUntilMs;
  }

  /** `timeoutMs` as the servers agreed to it; `sentMs` is when they were asked. */
  connected(timeoutMs: number, sentMs: number): void {
    this.#timeoutMs = timeoutMs;
    this.#connected = true;
    this.heard(sentMs);
    this.#arm();
  }

  disconnected(): void {
    this.#connected = false;
    this.#pingedMs = -Infinity;
  }

  /** A request that was sent then has been answered. */
  heard(sentMs: number): void {
    const now = nowMs();
    this.#heardMs = now;
    const untilMs = sentMs + this.#timeoutMs;
    if (untilMs <= this.#validUntilMs) return;
    // Whatever went on in between: what depended on it was lost for a while.
    if (now >= this.#validUntilMs) this.#lapse();
    this.#validUntilMs = untilMs;
    if (now < untilMs) this.#lapsed = false;
  }

  /** The session is over now. */
  end(): void {
    this.#over = true;
    this.#stopTimer();
    this.#connected = false;
    this.#lapsed = true;
    this.#validUntilMs = Math.min(this.#validUntilMs, nowMs());
  }

  #lapse(): void {
    if (this.#lapsed) return;
    this.#lapsed = true;
    this.events.lapsed();
  }

  /** What is due is looked at when the turn has read its input: after a pause of ours, the answers lie in the socket. */
  #arm(): void {
    this.#stopTimer();
    if (this.#over) return;
    const waitMs = Math.max(1, this.#dueMs() - nowMs());
    this.#stopTimer = after(waitMs, () => atTurnEnd(() => this.#look()));
  }

  #dueMs(): number {
    const lapseMs = this.#lapsed ? Infinity : this.#validUntilMs;
    // Nothing but a connection changes that, and it arms anew.
    if (!this.#connected) return Math.min(lapseMs, nowMs() + this.#timeoutMs);
    return Math.min(lapseMs, this.#pingDueMs(), this.#silentMs());
  }

  #pingDueMs(): number {
    const confirmedMs = this.#validUntilMs - this.#timeoutMs;
    return Math.max(confirmedMs, this.#pingedMs) + this.#timeoutMs * pingShare;
  }

  #silentMs(): number {
    return this.#heardMs + this.#timeoutMs * silenceShare;
  }

  #look(): void {
    if (this.#over) return;
    const now = nowMs();
    if (now >= this.#validUntilMs) this.#lapse();
    if (this.#connected && now >= this.#silentMs()) this.events.silent(now - this.#heardMs);
    if (this.#connected && now >= this.#pingDueMs()) {
      this.#pingedMs = now;
      this.events.pingDue();
    }
    this.#arm();
  }
}
