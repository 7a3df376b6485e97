/**
 * The port through which a lock design talks to ZooKeeper: sessions, for a session is what an ephemeral node lives as long as.
 * It says what client libraries blur: whether a request that failed may have been executed, and until when the servers have
 * promised to keep the session.
 */
import type { Failure } from './redis.js';

/** What the servers refused a request with, where they did. */
export type ZookeeperRefusal = 'no-node' | 'node-exists' | 'not-empty' | 'expired' | 'other';

export interface ZookeeperFailure extends Failure {
  readonly refusal: ZookeeperRefusal | null;
}

export type ZookeeperAnswer<T> =
  { readonly failure: null; readonly value: T } | { readonly failure: ZookeeperFailure; readonly value: null };

export interface Znode {
  readonly path: string;
  /** The transaction that created it: no two nodes of an ensemble have the same, and later ones have larger ones. */
  readonly czxid: bigint;
  /** The session that an ephemeral node lives as long as; null for the others. */
  readonly owner: string | null;
}

/**
 * connected, disconnected: of the connection, while the session may go on. lapsed: no word of the servers came for as long as
 * they keep the session, so whatever depends on it has to be taken for lost; told each time that happens. expired: the servers
 * have ended it, or it was closed; the last that is told.
 */
export type SessionEvent = 'connected' | 'disconnected' | 'lapsed' | 'expired';

/** One connection at a time, to one node of the ensemble after another. Requests are executed in send order, and never sent twice. */
export interface ZookeeperSession {
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** As the servers agreed to it: after so long without a word of ours they may end it. */
  readonly timeoutMs: number;
  readonly state: 'connected' | 'disconnected' | 'expired';
  /** The servers keep it until then at least: `timeoutMs` after the last request that they answered was sent. Moves. */
  readonly validUntilMs: number;
  /** Without data. A sequential node's name is `path` and ten digits. */
  create(path: string, kind: 'persistent' | 'ephemeral-sequential', timeoutMs: number): Promise<ZookeeperAnswer<Znode>>;
  /** Names without the path, in no order. */
  children(path: string, timeoutMs: number): Promise<ZookeeperAnswer<readonly string[]>>;
  /**
   * `onChange` is told once, when the node goes or is changed, or when the connection is lost and with it the watch. On a node
   * that is not there no watch is left: an `exists` would leave one behind for good on a name that never comes again.
   */
  get(path: string, onChange: (() => void) | null, timeoutMs: number): Promise<ZookeeperAnswer<Znode>>;
  /** Nobody waits for that any more. The server keeps its watch, one for each path and connection. */
  forget(path: string, onChange: () => void): void;
  delete(path: string, timeoutMs: number): Promise<ZookeeperAnswer<null>>;
  /** Afterwards this connection's node has seen all that was committed before: it may lag behind others. */
  sync(path: string, timeoutMs: number): Promise<ZookeeperAnswer<null>>;
  /** Returns the way to stop listening. */
  onEvent(listener: (event: SessionEvent) => void): () => void;
  /** Ends it at the servers as well, and its ephemeral nodes with it; waits for their answer, but not for long. */
  close(): Promise<void>;
}

export interface ZookeeperEnsemble {
  /** Nodes, each of which knows the whole. */
  readonly nodes: number;
  /** Rejects when none of them lets us have one in time. The timeout asked for may be changed by the servers. */
  openSession(timeoutMs: number): Promise<ZookeeperSession>;
}
