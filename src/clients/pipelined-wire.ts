/**
 * One connection of our own: RESP2 over a socket, and nothing that a lock does not need. Frames of a turn leave in one write,
 * those of a fan-out are built once for all nodes, and replies are read from the socket's own buffer. Where there is one server
 * and much to send it gets the first part while the rest is being made, or else client and server would wait for each other by
 * turns.
 */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Fifo } from '../base/fifo.js';
import type { Command, Reply } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import { pipelinedOptions } from './options.js';
import { frameOf } from './resp-frames.js';
import { ReplyReader } from './resp-replies.js';
import type { Sink, Wire, WireEvents } from './wire.js';

export function dialPipelined(endpoint: NodeEndpoint, _: number, events: WireEvents, alone: boolean): Wire {
  return new PipelinedWire(endpoint, events, alone);
}

/** What an idle server gets before the turn is over, if it is the only one. With fewer, the system call costs more than the time it saves. */
const firstPart = 32;
/** More at once only grows the buffers between. */
const largestPart = 512;

class PipelinedWire implements Wire {
  readonly #socket: Socket;
  readonly #reader: ReplyReader;
  /** Who waits for an answer, in send order. */
  readonly #sinks = new Fifo<Sink>();
  /** Put together as they come: an array for them would be made anew for every turn. */
  #frames = '';
  #unwritten = 0;
  /** From the first subscription on the server also speaks unasked. */
  #subscribed = false;
  #over = false;
  #lastError = 'closed by the server';

  constructor(
    endpoint: NodeEndpoint,
    private readonly events: WireEvents,
    private readonly alone: boolean,
  ) {
    this.#reader = new ReplyReader({
      reply: (reply) => this.#reply(reply),
      refuse: (message) => this.#sinks.shift()?.refuse(message),
      malformed: (reason) => this.#close(reason),
    });
    const onData = (piece: Buffer): void => this.#reader.read(piece);
    this.#socket = open(endpoint, onData, () => events.opened());
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      // That of several addresses which were tried says nothing but the code.
      this.#lastError = error.message || (error.code ?? error.name);
    });
    this.#socket.on('end', () => this.#close('closed by the server'));
    this.#socket.on('close', () => this.#close(this.#lastError));
  }

  push(command: Command, sink: Sink): boolean {
    this.#frames += frameOf(command);
    this.#unwritten += 1;
    this.#sinks.push(sink);
    const idle = this.alone && this.#unwritten === this.#sinks.length;
    return this.#unwritten === (idle ? firstPart : largestPart);
  }

  flush(): void {
    if (this.#unwritten === 0) return;
    this.#socket.write(this.#frames, 'latin1');
    this.#frames = '';
    this.#unwritten = 0;
  }

  subscribe(channel: string): Promise<void> {
    this.#subscribed = true;
    return this.#ask({ name: 'SUBSCRIBE', args: [channel] });
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#ask({ name: 'UNSUBSCRIBE', args: [channel] });
  }

  destroy(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  #ask(command: Command): Promise<void> {
    return new Promise((resolve, reject) => {
      this.push(command, { reply: () => resolve(), refuse: (message) => reject(new Error(message)) });
      this.flush();
    });
  }

  #reply(reply: Reply): void {
    if (this.#over) return;
    if (this.#subscribed && isMessage(reply)) return this.events.message(reply[1], reply[2]);
    const sink = this.#sinks.shift();
    if (sink === undefined) this.#close('not understood: a reply that nothing was asked for');
    else sink.reply(reply);
  }

  /** The lane answers for what is still asked. */
  #close(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.destroy();
    this.events.closed(reason);
  }
}

type Message = readonly ['message', channel: string, payload: string];

function isMessage(reply: Reply): reply is Message {
  return Array.isArray(reply) && reply[0] === 'message' && reply.length === 3;
}

function open({ host, port, tls }: NodeEndpoint, onData: (piece: Buffer) => void, onOpen: () => void): Socket {
  const { noDelay, keepAlive, keepAliveInitialDelay, readBufferBytes } = pipelinedOptions;
  const options = { host, port, noDelay, keepAlive, keepAliveInitialDelay };
  if (tls) {
    const socket = connectTls({ ...options, ...(isIP(host) === 0 ? { servername: host } : {}) }, onOpen);
    return socket.on('data', onData);
  }
  const buffer = Buffer.allocUnsafeSlow(readBufferBytes);
  const callback = (length: number): boolean => {
    onData(buffer.subarray(0, length));
    return true;
  };
  return connect({ ...options, onread: { buffer, callback } }, onOpen);
}
