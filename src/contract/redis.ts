/**
 * The port through which a lock design talks to Redis. It says what real clients blur: whether a command that failed
 * may still have been executed, and on which incarnation of a connection it was sent.
 */

/** One normal form of a reply on every client (RESP bulk strings as UTF-8 text, nil as null). */
export type Reply = string | number | null | readonly Reply[];

export type FailureCode = 'TIMEOUT' | 'DOWN' | 'RESET' | 'NOSCRIPT' | 'READONLY' | 'LOADING' | 'BUSY' | 'OOM' | 'ERR';

export interface Failure {
  readonly code: FailureCode;
  /** An answer that did not come may still take effect: counting it as refused or as granted are both lies. */
  readonly fate: 'not-executed' | 'maybe-executed';
  readonly message: string;
}

/** Called exactly once for each send, never synchronously. `tag` is what the sender gave, usually a node's index. */
export type OnReply = (tag: number, failure: Failure | null, reply: Reply) => void;

/** What a script's model may do to a simulated database. Times are in ms of the server's own clock. */
export interface ModelDb {
  get(key: string): string | null;
  /** `pxMs` null: no expiry. */
  set(key: string, value: string, pxMs: number | null): void;
  /** True when the key existed. */
  del(key: string): boolean;
  /** Sets the expiry of an existing key; false when there is none. */
  pexpire(key: string, ms: number): boolean;
  /** SET NX PX: false when the key exists. */
  setIfAbsent(key: string, value: string, pxMs: number): boolean;
  /** The value after it; a key that does not exist counts as 0. */
  incr(key: string): number;
  /** Remaining time; -1 without expiry, -2 where there is no such key. */
  pttl(key: string): number;
  exists(key: string): boolean;
  /** TIME, in whole ms. */
  timeMs(): number;
  hget(key: string, field: string): string | null;
  hgetall(key: string): readonly (readonly [field: string, value: string])[];
  hset(key: string, field: string, value: string): void;
  hdel(key: string, field: string): void;
  /** A sorted set in its order: by score, and where that is the same by member. */
  zrange(key: string): readonly (readonly [member: string, score: number])[];
  zscore(key: string, member: string): number | null;
  zadd(key: string, score: number, member: string): void;
  zrem(key: string, member: string): void;
  /** How many subscribers it was sent to. */
  publish(channel: string, payload: string): number;
}

/** A script is declared once: its Lua for real servers, its model for the simulated one. A test holds both equal. */
export interface ScriptDecl {
  readonly name: string;
  readonly lua: string;
  /** SHA-1 of `lua`, hexadecimal. */
  readonly sha: string;
  /** How many keys it takes. */
  readonly keys: number;
  /** What it throws is the error that the server answers; what it has done until then stays done. */
  readonly model: (db: ModelDb, keys: readonly string[], args: readonly string[]) => Reply;
}

/** Built once an attempt and sent to as many nodes as it concerns: the same object is one fan-out. */
export interface Command {
  readonly name: string;
  readonly args: readonly (string | number)[];
  readonly script?: ScriptDecl;
}

/** One connection. Commands are executed in send order within an incarnation; nothing is ever sent twice by the port. */
export interface Lane {
  /** Grows by one on every new connection, and when the role moves to another server. 0 before the first. */
  readonly incarnation: number;
  /** False while there is no usable connection: sends then fail with DOWN at once. */
  readonly up: boolean;
  /** Sends one command. `timeoutMs` runs from the write. A reply later than that is swallowed: the command's fate is 'maybe-executed'. */
  send(command: Command, timeoutMs: number, tag: number, done: OnReply): void;
  /** As `send`, for commands that must leave contiguously; `done` gets the array of their replies, or the first failure. */
  group(commands: readonly Command[], timeoutMs: number, tag: number, done: OnReply): void;
  /** Resolves when every late reply is in, or the incarnation that owed them is dead. */
  settled(): Promise<void>;
}

/** A role ("master 3", "the primary"), not an address. */
export interface RedisNode {
  readonly index: number;
  readonly shared: Lane;
  /** A connection of one's own, for commands that block everyone else on theirs (WAIT). Rejects when cancelled or down. */
  borrow(cancel: Cancel): Promise<{ readonly lane: Lane; giveBack(): void }>;
  /** Tells of connections gained and lost on the shared lane; returns the way to stop listening. */
  onIncarnation(listener: (incarnation: number, up: boolean) => void): () => void;
  /** Pub/sub. 'gap' means that messages may have been missed. Returns the way to unsubscribe. */
  subscribe(
    channel: string,
    onMessage: (payload: string) => void,
    onState: (state: 'live' | 'gap') => void,
  ): () => void;
}

/** Cancellation in O(1): an AbortSignal with a listener costs more than a lock. */
export interface Cancel {
  readonly cancelled: boolean;
  /** Runs `listener` at cancellation (at once when already cancelled); returns the way to stop listening. */
  onCancel(listener: () => void): () => void;
}
