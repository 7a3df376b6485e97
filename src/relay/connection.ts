/**
 * A client's connection through a relay, and the one to the server that belongs to it. What a client has sent is
 * delivered even when the client is gone by then (it closed, or was cut off from us by an error): its bytes and then the
 * end of the stream go their way through the delay or the partition, as long as the connection to the server is up. That
 * is what a network does - TCP goes on retransmitting for a program that has closed - and it is how a SET that nobody waits
 * for any more takes a lock. What a server has said is thrown away when the client is gone.
 */
import { connect, type Socket } from 'node:net';
import { after } from '../base/clock.js';
import type { Endpoint } from '../contract/index.js';
import { Pipe, type Freight } from './pipe.js';
import type { Way } from './way.js';

/** Between the first half of a reply and the RST: a client that finds both at once would take it for an orderly end. */
const halfLeadMs = 2;

const carriageReturn = 13;
const lineFeed = 10;

export interface Ways {
  readonly requests: Way;
  readonly replies: Way;
}

export class Connection {
  readonly #far: Socket;
  readonly #requests: Pipe;
  readonly #replies: Pipe;
  #halveNext = false;

  constructor(
    private readonly near: Socket,
    upstream: Endpoint,
    private readonly ways: Ways,
    onClosed: (connection: Connection) => void,
  ) {
    const far = connect({ host: upstream.host, port: upstream.port, noDelay: true });
    this.#far = far;
    this.#requests = new Pipe(ways.requests, {
      deliver: (freight) => pour(freight, near, far),
      broken: () => this.reset(),
    });
    this.#replies = new Pipe(ways.replies, {
      deliver: (freight) => this.#reply(freight),
      broken: () => this.#dismissClient(),
    });
    const closed = (): void => {
      if (near.closed && far.closed) onClosed(this);
    };
    near.setNoDelay(true);
    near.on('data', (bytes: Buffer) => this.#requests.push(bytes));
    near.on('end', () => this.#requests.push('end'));
    near.on('error', () => {});
    near.on('close', () => {
      this.#replies.stop();
      far.resume();
      this.#requests.push('end');
      closed();
    });
    far.on('data', (bytes: Buffer) => this.#replies.push(bytes));
    far.on('end', () => this.#replies.push('end'));
    far.on('error', () => {});
    far.on('close', (hadError: boolean) => {
      this.#requests.stop();
      near.resume();
      this.#replies.push(hadError ? 'reset' : 'end');
      closed();
    });
  }

  /** The state of a way was set. */
  changed(): void {
    this.#requests.changed();
    this.#replies.changed();
  }

  /** At once, on both sides; what was on its way is lost. */
  cut(): void {
    this.#stop();
    this.near.destroy();
    this.#far.destroy();
  }

  /** As `cut`, by RST. */
  reset(): void {
    this.#stop();
    breakOff(this.near);
    breakOff(this.#far);
  }

  /** Resets within the next reply that is delivered. */
  resetMidReply(): void {
    this.#halveNext = true;
  }

  #reply(freight: Freight): void {
    if (!this.#halveNext || typeof freight === 'string') pour(freight, this.#far, this.near);
    else if (!this.near.destroyed) {
      this.#stop();
      this.ways.replies.touched += 1;
      this.near.write(firstHalf(freight));
      after(halfLeadMs, () => this.reset());
    }
  }

  /** Its requests still reach the server, as those of any client that is gone. */
  #dismissClient(): void {
    this.#replies.stop();
    breakOff(this.near);
  }

  #stop(): void {
    this.#requests.stop();
    this.#replies.stop();
  }
}

/** A reader that is slower than the sender slows it down, as it would without us. */
function pour(freight: Freight, from: Socket, to: Socket): void {
  if (to.destroyed) return;
  if (freight === 'end') to.end();
  else if (freight === 'reset') breakOff(to);
  else if (!to.write(freight) && !from.isPaused()) {
    from.pause();
    to.once('drain', () => from.resume());
  }
}

/**
 * By RST where there is a connection, and without waiting for one. A socket that is just ending cannot be reset: Node 20
 * takes it for closed all the same, and a thread with such a socket never comes to an end.
 */
export function breakOff(socket: Socket): void {
  const ending = socket.writableEnded && !socket.writableFinished;
  if (socket.connecting || ending) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
}

/** Several replies may lie in one chunk: the cut is never where a line ends, lest it fall between two of them. */
export function firstHalf(reply: Buffer): Buffer {
  const middle = Math.ceil(reply.length / 2);
  const atLineEnd = reply[middle - 1] === lineFeed && reply[middle - 2] === carriageReturn;
  return reply.subarray(0, atLineEnd ? middle - 1 : middle);
}
