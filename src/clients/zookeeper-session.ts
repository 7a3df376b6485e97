/**
 * A session of the contract over one connection after another. It is over when a server says so; `zookeeper-pulse.ts` tells until
 * when that cannot be.
 */
import { after, limit } from '../base/clock.js';
import { atTurnEnd } from '../base/turn.js';
import {
  LockbenchError,
  type SessionEvent,
  type Znode,
  type ZookeeperAnswer,
  type ZookeeperFailure,
  type ZookeeperSession,
} from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import { downFailure } from './failures.js';
import type { Meter } from './meter.js';
import { ZookeeperConnection } from './zookeeper-connection.js';
import { Pulse } from './zookeeper-pulse.js';
import {
  noIdentity,
  ops,
  readChildren,
  readCreated,
  readNode,
  requests,
  type Identity,
  type Op,
  type RequestRecord,
} from './zookeeper-wire.js';

export interface SessionSettings {
  readonly endpoints: readonly NodeEndpoint[];
  /** Which of them is tried first. */
  readonly first: number;
  readonly timeoutMs: number;
  /** Bounds one attempt to connect, handshake included. */
  readonly connectTimeoutMs: number;
  /** To take up a session that is there already. */
  readonly identity?: Identity;
  readonly meter: Meter;
  failed(node: number, code: 'DOWN' | 'RESET' | 'TIMEOUT'): void;
}

/** For the first attempt at each node: one that is silent must not use up the session. Twice as much in every further round. */
const firstAttemptMs = 150;
/** Between rounds through all nodes. */
const retryMs = 25;
const closeLimitMs = 500;
const noZxid = Buffer.alloc(8);

export class ZkSession implements ZookeeperSession {
  #identity: Identity;
  #connection: ZookeeperConnection | null = null;
  #connected = false;
  #expired = false;
  /** No more connections: closed here, though the servers may not know. */
  #closing = false;
  #at: number;
  #attempts = 0;
  #down = 'not connected yet';
  #lastZxid: Buffer = noZxid;
  readonly #pulse: Pulse;
  readonly #watches = new Map<string, Set<() => void>>();
  readonly #listeners = new Set<(event: SessionEvent) => void>();

  constructor(private readonly settings: SessionSettings) {
    this.#identity = settings.identity ?? noIdentity;
    this.#pulse = new Pulse(settings.timeoutMs, {
      lapsed: () => this.#tell('lapsed'),
      pingDue: () => this.#connection?.ping(),
      silent: (forMs) => this.#connection?.end(`no word for ${Math.round(forMs)} ms`),
    });
    this.#at = settings.first % settings.endpoints.length;
    this.#connect();
  }

  get id(): string {
    return this.#identity.id.toString('hex');
  }

  get timeoutMs(): number {
    return this.#pulse.timeoutMs;
  }

  get state(): ZookeeperSession['state'] {
    return this.#expired ? 'expired' : this.#connected ? 'connected' : 'disconnected';
  }

  get validUntilMs(): number {
    return this.#pulse.validUntilMs;
  }

  /** Resolves at the first connection; rejects with UNREACHABLE, and gives the session up, when there is none within the limit. */
  async ready(limitMs: number): Promise<void> {
    if (this.#connected) return;
    const settled = new Promise<void>((resolve) => this.#listeners.add(() => resolve()));
    await Promise.race([settled, limit(limitMs)]);
    if (this.#connected) return;
    this.abandon();
    throw new LockbenchError('UNREACHABLE', `no session of ZooKeeper to be had: ${this.#down}`);
  }

  create(
    path: string,
    kind: 'persistent' | 'ephemeral-sequential',
    timeoutMs: number,
  ): Promise<ZookeeperAnswer<Znode>> {
    return this.#ask(ops.create, requests.create(path, kind), timeoutMs, readCreated);
  }

  children(path: string, timeoutMs: number): Promise<ZookeeperAnswer<readonly string[]>> {
    return this.#ask(ops.children, requests.children(path), timeoutMs, readChildren);
  }

  get(path: string, onChange: (() => void) | null, timeoutMs: number): Promise<ZookeeperAnswer<Znode>> {
    return this.#ask(ops.get, requests.get(path, onChange !== null), timeoutMs, (frame) => {
      // Before the next frame is read: it may be what the watch was for.
      if (onChange !== null) this.#watch(path, onChange);
      return readNode(path, frame);
    });
  }

  forget(path: string, onChange: () => void): void {
    const watchers = this.#watches.get(path);
    if (watchers?.delete(onChange) === true && watchers.size === 0) this.#watches.delete(path);
  }

  delete(path: string, timeoutMs: number): Promise<ZookeeperAnswer<null>> {
    return this.#ask(ops.delete, requests.delete(path), timeoutMs, () => null);
  }

  sync(path: string, timeoutMs: number): Promise<ZookeeperAnswer<null>> {
    return this.#ask(ops.sync, requests.sync(path), timeoutMs, () => null);
  }

  onEvent(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#expired || this.#closing) return;
    this.#closing = true;
    const connection = this.#connection;
    if (this.#connected && connection !== null)
      await new Promise<void>((resolve) => connection.send(ops.close, null, closeLimitMs, () => resolve()));
    this.#end();
  }

  /** At once; the servers are told, and not waited for. */
  abandon(): void {
    if (this.#expired) return;
    void this.close();
    atTurnEnd(() => this.#end());
  }

  answered(): Promise<void> {
    return this.#connection?.settled() ?? Promise.resolve();
  }

  #ask<T>(op: Op, record: RequestRecord, timeoutMs: number, read: (frame: Buffer) => T): Promise<ZookeeperAnswer<T>> {
    const connection = this.#connection;
    if (connection === null || !this.#connected || this.#closing) {
      this.settings.failed(this.#at, 'DOWN');
      const refusal = this.#expired ? 'expired' : null;
      return new Promise((resolve) =>
        atTurnEnd(() => resolve({ failure: { ...downFailure(this.#down), refusal }, value: null })),
      );
    }
    this.settings.meter.commands += 1;
    this.settings.meter.roundTrips += 1;
    return new Promise((resolve) =>
      connection.send(op, record, timeoutMs, (failure: ZookeeperFailure | null, frame) => {
        if (failure?.refusal === 'expired') connection.end('the session is over');
        resolve(failure === null ? { failure, value: read(frame!) } : { failure, value: null });
      }),
    );
  }

  #connect(): void {
    const { endpoints, connectTimeoutMs, timeoutMs } = this.settings;
    const node = this.#at;
    const rounds = Math.min(10, Math.floor(this.#attempts / endpoints.length));
    const share = Math.max(firstAttemptMs, Math.floor(timeoutMs / endpoints.length));
    this.#connection = new ZookeeperConnection(
      {
        endpoint: endpoints[node]!,
        identity: this.#identity,
        lastZxid: this.#lastZxid,
        sessionTimeoutMs: this.settings.timeoutMs,
        openLimitMs: Math.min(connectTimeoutMs, share, firstAttemptMs * 2 ** rounds),
      },
      {
        opened: (session, sentMs) => this.#opened(session, sentMs),
        heard: (sentMs, zxid) => this.#heard(sentMs, zxid),
        changed: (path) => this.#changed(path),
        failed: (code) => this.settings.failed(node, code),
        closed: (reason) => this.#lost(reason),
      },
    );
  }

  #opened(session: Identity & { readonly timeoutMs: number }, sentMs: number): void {
    if (session.timeoutMs <= 0) {
      this.#end();
      return;
    }
    this.#identity = session;
    this.#connected = true;
    this.#attempts = 0;
    this.#pulse.connected(session.timeoutMs, sentMs);
    this.#tell('connected');
  }

  #heard(sentMs: number, zxid: Buffer | null): void {
    if (zxid !== null && zxid.compare(this.#lastZxid) > 0) this.#lastZxid = zxid;
    this.#pulse.heard(sentMs);
  }

  #changed(path: string): void {
    const watchers = this.#watches.get(path);
    this.#watches.delete(path);
    for (const fire of watchers ?? []) fire();
  }

  #watch(path: string, fire: () => void): void {
    const watchers = this.#watches.get(path);
    if (watchers === undefined) this.#watches.set(path, new Set([fire]));
    else watchers.add(fire);
  }

  #lost(reason: string): void {
    this.#connection = null;
    this.#down = reason;
    const was = this.#connected;
    this.#connected = false;
    this.#pulse.disconnected();
    if (this.#expired) return;
    for (const path of this.#watches.keys()) this.#changed(path);
    if (was) this.#tell('disconnected');
    if (this.#closing) return this.#end();
    this.#at = (this.#at + 1) % this.settings.endpoints.length;
    this.#attempts += 1;
    const again = (): void => {
      if (!this.#closing && !this.#expired && this.#connection === null) this.#connect();
    };
    if (this.#attempts % this.settings.endpoints.length === 0) after(retryMs, again);
    else atTurnEnd(again);
  }

  /** The session is over. */
  #end(): void {
    if (this.#expired) return;
    this.#expired = true;
    this.#pulse.end();
    this.#connected = false;
    this.#connection?.end('the session is over');
    for (const path of this.#watches.keys()) this.#changed(path);
    this.#tell('expired');
    this.#listeners.clear();
  }

  #tell(event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
