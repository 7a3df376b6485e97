/**
 * One lane kept alive: dials, shakes hands, attaches, and dials again when the connection is lost or its role has moved to
 * another server, for ever until closed.
 * Connecting and handshake together are bounded by one timeout, for the kernel accepts connections on behalf of a
 * stopped server.
 */
import { after } from '../base/clock.js';
import type { LockbenchError, ScriptDecl } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import { shakeHands } from './handshake.js';
import { WireLane } from './lane.js';
import type { RoundMeter } from './meter.js';
import type { Whereabouts } from './whereabouts.js';
import type { Wire, WireEvents } from './wire.js';

const firstBackoffMs = 10;
const maxBackoffMs = 500;

export interface LinkSettings {
  readonly dial: (endpoint: NodeEndpoint, connectTimeoutMs: number, events: WireEvents) => Wire;
  readonly at: Whereabouts;
  readonly connectTimeoutMs: number;
  readonly scripts: readonly ScriptDecl[];
  readonly meter: RoundMeter;
  /** False: the first connection is the only one; when it is lost or cannot be had, the link is over. */
  readonly reconnect: boolean;
}

export interface LinkEvents {
  up?(wire: Wire): void;
  /** Of a connection that was up. */
  down?(reason: string): void;
  /** A connection that did not come about, or the end of the only one. */
  failed?(reason: string): void;
  refused?(error: LockbenchError): void;
  message?(channel: string, payload: string): void;
}

export class Link {
  readonly lane: WireLane;
  #wire: Wire | null = null;
  /** Where the latest dial went. */
  #endpoint: NodeEndpoint | null = null;
  /** Grows with each dial: events of an earlier wire are not ours any more. */
  #dials = 0;
  #backoffMs = firstBackoffMs;
  #stopTimer: () => void = () => {};
  #closed = false;
  readonly #stopListening: () => void;

  constructor(
    private readonly settings: LinkSettings,
    private readonly events: LinkEvents,
  ) {
    this.lane = new WireLane(settings.meter);
    this.#stopListening = settings.at.onMove(() => this.#moved());
    this.#dial();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopListening();
    this.#drop();
    this.lane.close('closed');
  }

  #dial(): void {
    const { dial, at, connectTimeoutMs } = this.settings;
    this.#dials += 1;
    const mine = this.#dials;
    const endpoint = (this.#endpoint = at.now());
    if (endpoint === null) {
      this.#stopTimer = after(0, () => this.#lost(`nobody tells where ${at.name} is`));
      return;
    }
    const ifMine = (then: () => void): void => {
      if (mine === this.#dials) then();
    };
    this.#stopTimer = after(connectTimeoutMs, () => this.#lost(`no answer within ${connectTimeoutMs} ms`));
    this.#wire = dial(endpoint, connectTimeoutMs, {
      opened: () => ifMine(() => this.#greet(mine)),
      closed: (reason) => ifMine(() => this.#lost(reason)),
      message: (channel, payload) => ifMine(() => this.events.message?.(channel, payload)),
    });
  }

  #greet(mine: number): void {
    const wire = this.#wire!;
    shakeHands(wire, this.#endpoint!, this.settings, {
      ready: () => {
        if (mine === this.#dials) this.#attach(wire);
      },
      failed: (reason) => {
        if (mine === this.#dials) this.#lost(reason);
      },
      refused: (error) => {
        if (mine !== this.#dials) return;
        this.#lost(error.message);
        this.events.refused?.(error);
      },
    });
    wire.flush();
  }

  #attach(wire: Wire): void {
    this.#stopTimer();
    this.#backoffMs = firstBackoffMs;
    this.lane.attach(wire);
    this.events.up?.(wire);
  }

  #moved(): void {
    this.#backoffMs = firstBackoffMs;
    this.#lost(`${this.settings.at.name} has moved`);
  }

  #lost(reason: string): void {
    const wasUp = this.lane.up;
    this.#drop();
    this.lane.detach(reason);
    if (this.settings.reconnect && !this.#closed) {
      this.#stopTimer = after(this.#backoffMs, () => this.#dial());
      this.#backoffMs = Math.min(maxBackoffMs, this.#backoffMs * 2);
    }
    if (wasUp) this.events.down?.(reason);
    if (!wasUp || !this.settings.reconnect) this.events.failed?.(reason);
  }

  #drop(): void {
    this.#dials += 1;
    this.#stopTimer();
    const wire = this.#wire;
    this.#wire = null;
    wire?.destroy();
  }
}
