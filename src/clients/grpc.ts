/**
 * gRPC to one server over one HTTP/2 connection of Node's own. Source: grpc/grpc, doc/PROTOCOL-HTTP2.md.
 *
 * Not the package etcd3 (1.1.2), nor @grpc/grpc-js under it: etcd3 shuffles the nodes for each call, so nobody can tell which
 * one a failure belongs to, and tries three times unless told otherwise; grpc-js re-sends by itself what a server refused, and
 * waits a second and more before it connects again. Here nothing is ever sent twice, the deadline runs from the write, and
 * a connection that is gone comes back at a fixed pace, as with Redis.
 */
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { after, nowMs } from '../base/clock.js';
import type { Deadlines, Expiring } from '../base/deadlines.js';
import type { Failure } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import { downFailure, resetFailure, timeoutFailure } from './failures.js';
import { framed, Frames } from './grpc-frames.js';
import { statusFailure, type Status } from './grpc-status.js';

export type GrpcAnswer = { readonly failure: null; readonly message: Buffer } | { readonly failure: Failure };

export interface ChannelEvents {
  up(): void;
  down(): void;
  /** Nobody is there; it is tried again. */
  refused?(): void;
}

/** Both directions stay open; it ends once, for whatever reason. */
export interface GrpcStream {
  send(message: Buffer): void;
  close(): void;
}

const reconnectMs = 50;

export class GrpcChannel {
  #session: ClientHttp2Session | null = null;
  #up = false;
  #closed = false;
  #stopTimer = (): void => {};

  constructor(
    private readonly endpoint: NodeEndpoint,
    private readonly connectTimeoutMs: number,
    private readonly deadlines: Deadlines,
    private readonly events: ChannelEvents,
  ) {
    this.#connect();
  }

  /** The server has answered on this connection. */
  get up(): boolean {
    return this.#up;
  }

  /** The first message of the answer; what it says after that is not waited for. `done` is called once, never synchronously. */
  call(path: string, message: Buffer, timeoutMs: number, done: (answer: GrpcAnswer) => void): void {
    const stream = this.#open(path, { 'grpc-timeout': `${Math.ceil(timeoutMs)}m` });
    if (stream === null) return queueMicrotask(() => done({ failure: downFailure('no connection') }));
    new Call(stream, message, timeoutMs, this.deadlines, done);
  }

  /** Null without a connection. */
  stream(path: string, onMessage: (message: Buffer) => void, onEnd: () => void): GrpcStream | null {
    const stream = this.#open(path, {});
    if (stream === null) return null;
    const frames = new Frames();
    stream.on('data', (data: Buffer) => frames.add(data).forEach(onMessage));
    stream.on('error', () => {});
    stream.once('close', onEnd);
    return {
      send: (message) => void (stream.writable && stream.write(framed(message))),
      close: () => stream.close(constants.NGHTTP2_CANCEL),
    };
  }

  /** At once; calls without an answer fail. */
  close(): void {
    this.#closed = true;
    this.#stopTimer();
    this.#session?.destroy();
  }

  #open(path: string, more: Readonly<Record<string, string>>): ClientHttp2Stream | null {
    const session = this.#session;
    if (!this.#up || session === null || session.destroyed || session.closed) return null;
    try {
      return session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        // Without a leader nothing can be decided: say so at once instead of waiting for one.
        hasleader: 'true',
        ...more,
      });
    } catch {
      return null;
    }
  }

  #connect(): void {
    const { host, port, tls } = this.endpoint;
    const session = connect(`${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`, {
      createConnection: () =>
        tls
          ? connectTls({ host, port, ALPNProtocols: ['h2'], servername: host }).setNoDelay(true)
          : connectTcp({ host, port, noDelay: true }),
    });
    this.#session = session;
    this.#stopTimer = after(this.connectTimeoutMs, () => session.destroy());
    // The kernel completes connections to a server that stands still; its settings prove that it does not.
    session.once('remoteSettings', () => {
      this.#stopTimer();
      this.#up = true;
      this.events.up();
    });
    session.on('error', () => {});
    // It takes no more calls: those under way may end, others need another connection.
    session.once('goaway', () => session.close());
    session.once('close', () => this.#lost());
  }

  #lost(): void {
    const wasUp = this.#up;
    this.#up = false;
    this.#stopTimer();
    if (wasUp) this.events.down();
    else if (!this.#closed) this.events.refused?.();
    if (!this.#closed) this.#stopTimer = after(reconnectMs, () => this.#connect());
  }
}

/** One question, one answer. */
class Call implements Expiring {
  dueMs = Infinity;
  answered = false;
  readonly #frames = new Frames();

  constructor(
    private readonly stream: ClientHttp2Stream,
    message: Buffer,
    private readonly timeoutMs: number,
    deadlines: Deadlines,
    private readonly done: (answer: GrpcAnswer) => void,
  ) {
    stream.on('response', (headers) => this.#status(headers));
    stream.on('data', (data: Buffer) => this.#data(data));
    stream.on('trailers', (headers) => this.#status(headers));
    stream.on('error', () => {});
    stream.once('close', () => this.#ended());
    stream.end(framed(message));
    deadlines.add(this, timeoutMs, nowMs());
  }

  /** The server is told that nobody listens any more; it may have executed it all the same. */
  expire(): void {
    this.#answer({ failure: timeoutFailure(this.timeoutMs) });
    this.stream.close(constants.NGHTTP2_CANCEL);
  }

  #data(data: Buffer): void {
    const [message] = this.#frames.add(data);
    if (message !== undefined) this.#answer({ failure: null, message });
  }

  #status(headers: Status): void {
    const failure = statusFailure(headers);
    if (failure !== null) this.#answer({ failure });
  }

  #ended(): void {
    // RFC 9113, 8.7: a stream that was refused has not been processed.
    const refused = this.stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    this.#answer({ failure: refused ? downFailure('refused') : resetFailure('the call ended without an answer') });
  }

  #answer(answer: GrpcAnswer): void {
    if (this.answered) return;
    this.answered = true;
    this.done(answer);
  }
}
