/**
 * One TCP connection of a session: handshake, requests in order, pings, watches. It never reconnects. Requests that are made in
 * one turn of the event loop leave in one write; deadlines run from it, and an answer that comes later is swallowed.
 */
import { connect, type Socket } from 'node:net';
import { after, nowMs } from '../base/clock.js';
import { Deadlines, type Expiring } from '../base/deadlines.js';
import { Fifo } from '../base/fifo.js';
import { atTurnEnd } from '../base/turn.js';
import type { ZookeeperFailure } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import { resetFailure, timeoutFailure } from './failures.js';
import {
  connectFrame,
  FrameReader,
  ops,
  pingXid,
  readHandshake,
  readHead,
  readWatchedPath,
  refusalOf,
  requestFrame,
  watchXid,
  type Identity,
  type Op,
  type RequestRecord,
} from './zookeeper-wire.js';

export interface ConnectionSettings {
  readonly endpoint: NodeEndpoint;
  readonly identity: Identity;
  readonly lastZxid: Buffer;
  /** Of the session, as it is asked for. */
  readonly sessionTimeoutMs: number;
  /** From the start to the answer to the handshake. */
  readonly openLimitMs: number;
}

export interface ConnectionEvents {
  /** `sentMs` is when the request left that has been answered. */
  opened(session: Identity & { readonly timeoutMs: number }, sentMs: number): void;
  /** A request or a ping was answered by a server that still keeps the session. */
  heard(sentMs: number, zxid: Buffer | null): void;
  changed(path: string): void;
  failed(code: 'RESET' | 'TIMEOUT'): void;
  /** The last that is told; all requests have been answered by then. */
  closed(reason: string): void;
}

/** The reply, with its head; null with the failure. */
export type OnFrame = (failure: ZookeeperFailure | null, frame: Buffer | null) => void;

class Request implements Expiring {
  dueMs = 0;
  answered = false;
  sentMs = Infinity;

  constructor(
    readonly xid: number,
    readonly timeoutMs: number,
    private readonly events: ConnectionEvents,
    private readonly done: OnFrame,
  ) {}

  settle(failure: ZookeeperFailure | null, frame: Buffer | null): void {
    if (this.answered) return;
    this.answered = true;
    this.done(failure, frame);
  }

  expire(): void {
    this.events.failed('TIMEOUT');
    this.settle({ ...timeoutFailure(this.timeoutMs), refusal: null }, null);
  }
}

export class ZookeeperConnection {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #deadlines = new Deadlines();
  readonly #owed = new Fifo<Request>();
  readonly #pings = new Fifo<number>();
  #unwritten: { readonly frame: Buffer; readonly request: Request | null }[] = [];
  #opening = true;
  #closed = false;
  #xid = 0;
  #openedAtMs = 0;
  #settlers: (() => void)[] = [];
  readonly #stopOpenTimer: () => void;

  constructor(
    settings: ConnectionSettings,
    private readonly events: ConnectionEvents,
  ) {
    const { endpoint, openLimitMs } = settings;
    this.#socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true });
    this.#stopOpenTimer = after(openLimitMs, () => this.end(`no session within ${openLimitMs} ms`));
    this.#socket.on('connect', () => {
      this.#openedAtMs = nowMs();
      this.#socket.write(connectFrame(settings.identity, settings.lastZxid, settings.sessionTimeoutMs));
    });
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', (error) => this.end(error.message));
    this.#socket.on('close', () => this.end('the server has closed it'));
  }

  /** Pings without an answer. */
  get pingsOwed(): number {
    return this.#pings.length;
  }

  send(op: Op, record: RequestRecord | null, timeoutMs: number, done: OnFrame): void {
    this.#xid = (this.#xid + 1) & 0x7fffffff;
    const request = new Request(this.#xid, timeoutMs, this.events, done);
    this.#owed.push(request);
    this.#write({ frame: requestFrame(request.xid, op, record), request });
  }

  ping(): void {
    this.#write({ frame: requestFrame(pingXid, ops.ping, null), request: null });
  }

  /** Resolves when all that was sent is answered, or will not be. */
  settled(): Promise<void> {
    if (this.#owed.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#settlers.push(resolve));
  }

  end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopOpenTimer();
    this.#socket.destroy();
    this.#deadlines.close();
    for (let request = this.#owed.shift(); request !== undefined; request = this.#owed.shift()) {
      if (request.answered) continue;
      this.events.failed('RESET');
      request.settle({ ...resetFailure(reason), refusal: null }, null);
    }
    this.#settle();
    this.events.closed(reason);
  }

  #write(item: { readonly frame: Buffer; readonly request: Request | null }): void {
    this.#unwritten.push(item);
    if (this.#unwritten.length === 1) atTurnEnd(() => this.#flush());
  }

  #flush(): void {
    const items = this.#unwritten;
    this.#unwritten = [];
    if (this.#closed) return;
    const writtenMs = nowMs();
    for (const { request } of items) {
      if (request === null) this.#pings.push(writtenMs);
      else {
        request.sentMs = writtenMs;
        this.#deadlines.add(request, request.timeoutMs, writtenMs);
      }
    }
    this.#socket.write(Buffer.concat(items.map(({ frame }) => frame)));
  }

  #read(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) {
        if (this.#closed) return;
        if (this.#opening) this.#open(frame);
        else this.#take(frame);
      }
    } catch (error) {
      this.end((error as Error).message);
    }
  }

  #open(frame: Buffer): void {
    this.#opening = false;
    this.#stopOpenTimer();
    this.events.opened(readHandshake(frame), this.#openedAtMs);
  }

  #take(frame: Buffer): void {
    const { xid, zxid, error } = readHead(frame);
    if (xid === watchXid) return this.events.changed(readWatchedPath(frame));
    if (xid === pingXid) return this.events.heard(this.#pings.shift() ?? -Infinity, null);
    const request = this.#owed.shift();
    if (request?.xid !== xid) throw new Error(`answer ${xid} to request ${request?.xid ?? 'none'}`);
    const { refusal, mayBeExecuted } = refusalOf(error);
    if (error === 0 || (refusal !== 'expired' && refusal !== 'other')) {
      this.events.heard(request.sentMs, Buffer.from(zxid));
    }
    if (error === 0) request.settle(null, frame);
    else {
      const fate = mayBeExecuted ? 'maybe-executed' : 'not-executed';
      request.settle({ code: 'ERR', fate, message: `ZooKeeper answers ${error} (${refusal})`, refusal }, null);
    }
    if (this.#owed.length === 0) this.#settle();
  }

  #settle(): void {
    for (const resolve of this.#settlers.splice(0)) resolve();
  }
}
