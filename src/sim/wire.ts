/**
 * One connection: first in, first out both ways, each message delayed as the seed draws. Nothing is lost or repeated on a
 * connection that lives (that is TCP's promise); what is lost is lost with the connection, and the client learns of it
 * behind whatever replies still reach it.
 */
import type { Command } from '../contract/index.js';
import type { EventLoop } from './event-loop.js';
import type { Result } from './redis-model.js';
import type { RangeMs, World } from './world.js';

/** What a client and a node have between them. */
export interface Link {
  /** One way. */
  readonly delayMs: RangeMs;
  /** Some messages are slow, each way; those behind them wait. */
  readonly slow: { readonly chance: number; readonly delayMs: RangeMs };
  /** Chances per command that the connection breaks before it is executed, or after that and before its reply left. */
  readonly loseRequest: number;
  readonly loseReply: number;
  readonly reconnectMs: RangeMs;
}

/** The client's end. */
export interface Reader {
  onResult(result: Result): void;
  onClosed(): void;
}

/** The server's end. */
export interface Acceptor {
  readonly name: string;
  /** The next command of `connection` has arrived. */
  pump(connection: Connection): void;
}

export class Connection {
  alive = true;
  /** By WAIT. */
  blocked = false;
  /** When each replica will have acknowledged the last write made here; empty: nothing was written. */
  ackedMs: readonly number[] = [];
  readonly inbox: Command[] = [];
  readonly #toServer: Command[] = [];
  readonly #toClient: (Result | 'closed')[] = [];
  #lastArrivalMs = 0;
  #lastReadMs = 0;

  constructor(
    private readonly world: World,
    private readonly link: Link,
    private readonly loop: EventLoop,
    private readonly server: Acceptor,
    private readonly reader: Reader,
  ) {}

  write(command: Command): void {
    this.#toServer.push(command);
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.loop.departMs() + this.#delayMs());
    this.world.after(this.#lastArrivalMs - this.world.nowMs(), () => this.#arrive(), true);
  }

  reply(result: Result): void {
    if (!this.alive) return;
    if (this.#chance(this.link.loseReply)) this.die('reply lost');
    else this.#sendBack(result);
  }

  /** Breaks. Requests that have not been executed never will be; of the replies under way a drawn number is lost. */
  die(why: string): void {
    if (!this.alive) return;
    this.world.log(() => `${this.loop.name}-${this.server.name} breaks: ${why}`);
    this.alive = false;
    this.inbox.length = 0;
    this.#toClient.length = Math.floor(this.world.random() * (this.#toClient.length + 1));
    this.#sendBack('closed');
  }

  #arrive(): void {
    const command = this.#toServer.shift();
    if (command === undefined || !this.alive) return;
    if (this.#chance(this.link.loseRequest)) {
      this.die('request lost');
      return;
    }
    this.inbox.push(command);
    this.server.pump(this);
  }

  #sendBack(item: Result | 'closed'): void {
    this.#toClient.push(item);
    this.#lastReadMs = Math.max(this.#lastReadMs, this.world.nowMs() + this.#delayMs());
    this.world.after(this.#lastReadMs - this.world.nowMs(), () => this.loop.deliver('io', () => this.#read()));
  }

  #read(): void {
    const item = this.#toClient.shift();
    if (item === 'closed') this.reader.onClosed();
    else if (item !== undefined) this.reader.onResult(item);
  }

  #delayMs(): number {
    const { slow, delayMs } = this.link;
    return this.world.uniformMs(this.#chance(slow.chance) ? slow.delayMs : delayMs);
  }

  #chance(probability: number): boolean {
    return probability > 0 && this.world.random() < probability;
  }
}
