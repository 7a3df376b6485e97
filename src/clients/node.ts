/** A `RedisNode` of the contract: the shared lane, what is lent beside it, and a connection for pub/sub. */
import type { Cancel, LockbenchError, RedisNode } from '../contract/index.js';
import { Link } from './link.js';
import type { LinkEvents, LinkSettings } from './link.js';
import { Pool } from './pool.js';
import type { Loan } from './pool.js';
import { Subscriber } from './subscriber.js';

type IncarnationListener = (incarnation: number, up: boolean) => void;

/** While the set is being opened. */
interface OpeningEvents {
  up(): void;
  refused(error: LockbenchError): void;
}

export class ClientNode implements RedisNode {
  readonly #link: Link;
  readonly #pool: Pool;
  readonly #subscriber: Subscriber;
  readonly #listeners = new Set<IncarnationListener>();

  constructor(
    readonly index: number,
    settings: Omit<LinkSettings, 'reconnect'>,
    opening: OpeningEvents,
  ) {
    const lent = (events: LinkEvents): Link => new Link({ ...settings, reconnect: false }, events);
    const subscribed = (events: LinkEvents): Link => new Link({ ...settings, scripts: [], reconnect: true }, events);
    this.#pool = new Pool(settings.at.name, lent);
    this.#subscriber = new Subscriber(subscribed, settings.meter);
    this.#link = new Link(
      { ...settings, reconnect: true },
      {
        up: () => {
          this.#tell(true);
          opening.up();
        },
        down: () => this.#tell(false),
        refused: (error) => opening.refused(error),
      },
    );
  }

  get shared(): Link['lane'] {
    return this.#link.lane;
  }

  borrow(cancel: Cancel): Promise<Loan> {
    return this.#pool.borrow(cancel);
  }

  onIncarnation(listener: IncarnationListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  subscribe(
    channel: string,
    onMessage: (payload: string) => void,
    onState: (state: 'live' | 'gap') => void,
  ): () => void {
    return this.#subscriber.subscribe(channel, onMessage, onState);
  }

  close(): void {
    this.#listeners.clear();
    this.#pool.close();
    this.#subscriber.close();
    this.#link.close();
  }

  #tell(up: boolean): void {
    for (const listener of this.#listeners) listener(this.shared.incarnation, up);
  }
}
