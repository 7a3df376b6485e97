/**
 * Pub/sub of one node, on a connection of its own: a subscribed connection takes no other commands. One subscription on
 * the server for each channel, however many listen; made anew on every new connection.
 */
import { atTurnEnd } from '../base/turn.js';
import type { Link, LinkEvents } from './link.js';
import type { RoundMeter } from './meter.js';
import type { Wire } from './wire.js';

type OnMessage = (payload: string) => void;
type OnState = (state: 'live' | 'gap') => void;

interface Listener {
  readonly onMessage: OnMessage;
  readonly onState: OnState;
}

/** What the server was asked last for a channel; at most one request is under way. */
type ChannelState = 'off' | 'switching-on' | 'live' | 'switching-off';

interface Channel {
  readonly name: string;
  readonly listeners: Set<Listener>;
  state: ChannelState;
}

export class Subscriber {
  #link: Link | null = null;
  #wire: Wire | null = null;
  readonly #channels = new Map<string, Channel>();

  constructor(
    private readonly openLink: (events: LinkEvents) => Link,
    private readonly meter: RoundMeter,
  ) {}

  subscribe(name: string, onMessage: OnMessage, onState: OnState): () => void {
    let channel = this.#channels.get(name);
    if (channel === undefined) this.#channels.set(name, (channel = { name, listeners: new Set(), state: 'off' }));
    const listener: Listener = { onMessage, onState };
    const joined = channel;
    joined.listeners.add(listener);
    if (joined.state === 'live') {
      atTurnEnd(() => {
        if (joined.listeners.has(listener) && joined.state === 'live') onState('live');
      });
    }
    this.#link ??= this.openLink({
      up: (wire) => this.#up(wire),
      down: () => this.#down(),
      message: (from, payload) => this.#message(from, payload),
    });
    this.#adjust(joined);
    return () => {
      if (joined.listeners.delete(listener)) this.#adjust(joined);
    };
  }

  close(): void {
    this.#channels.clear();
    this.#wire = null;
    this.#link?.close();
  }

  #up(wire: Wire): void {
    this.#wire = wire;
    for (const channel of this.#channels.values()) this.#adjust(channel);
  }

  #down(): void {
    this.#wire = null;
    for (const channel of this.#channels.values()) {
      const wasLive = channel.state === 'live';
      channel.state = 'off';
      if (wasLive) for (const listener of channel.listeners) listener.onState('gap');
      this.#adjust(channel);
    }
  }

  #message(name: string, payload: string): void {
    for (const listener of this.#channels.get(name)?.listeners ?? []) listener.onMessage(payload);
  }

  /** Brings the server's state nearer to what is wanted. */
  #adjust(channel: Channel): void {
    const wire = this.#wire;
    const wanted = channel.listeners.size > 0;
    if (channel.state === 'off' && !wanted) this.#channels.delete(channel.name);
    if (wire === null || (channel.state !== 'off' && channel.state !== 'live')) return;
    if (channel.state === 'off' && wanted) {
      channel.state = 'switching-on';
      this.#ask(wire, channel, wire.subscribe(channel.name), 'live');
    } else if (channel.state === 'live' && !wanted) {
      channel.state = 'switching-off';
      this.#ask(wire, channel, wire.unsubscribe(channel.name), 'off');
    }
  }

  #ask(wire: Wire, channel: Channel, answer: Promise<void>, then: 'live' | 'off'): void {
    this.meter.beside();
    answer.then(
      () => {
        if (this.#wire !== wire) return;
        channel.state = then;
        if (then === 'live') for (const listener of channel.listeners) listener.onState('live');
        this.#adjust(channel);
      },
      // Refused (ACL), or the connection is gone: in that case `down` follows and starts anew.
      () => {},
    );
  }
}
