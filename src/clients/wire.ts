/**
 * What a client library is reduced to: one physical connection that takes commands and tells of replies, of its opening
 * and of its end. It never comes back: a new connection is a new wire, so that no library can send anything twice.
 */
import type { Command, Reply } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';

/**
 * Where the answer to a command goes: one of these, once for each, in send order. There is none where the connection ends before,
 * and a library that gives up on a command has lost its connection.
 */
export interface Sink {
  reply(reply: Reply): void;
  /** The server answered with an error. */
  refuse(message: string): void;
}

export interface Wire {
  /** Hands a command to the library. It leaves with the others of this turn of the event loop; true: it is better flushed now. */
  push(command: Command, sink: Sink): boolean;
  /** Called at the end of a turn in which something was pushed, or before. Afterwards all of it counts as written. */
  flush(): void;
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /** Ends the connection at once, whatever its state. Afterwards nothing is told to the events any more, sinks aside. */
  destroy(): void;
}

/** None of these is called before `Dial` has returned. */
export interface WireEvents {
  opened(): void;
  closed(reason: string): void;
  message(channel: string, payload: string): void;
}

/** `alone`: there is no other server, which would be at work while this one waits for the end of a turn. */
export type Dial = (endpoint: NodeEndpoint, connectTimeoutMs: number, events: WireEvents, alone: boolean) => Wire;
