/**
 * One connection of node-redis. Its write queue gathers the commands of a turn by itself and writes them corked, in one
 * system call, from a setImmediate that it asks for at the first of them.
 */
import { isIP } from 'node:net';
import { createClient, ErrorReply } from 'redis';
import type { Command } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import { tell, type RawReply } from './normal-reply.js';
import { nodeRedisOptions, nodeRedisSocketOptions } from './options.js';
import type { Sink, Wire, WireEvents } from './wire.js';

export function dialNodeRedis(endpoint: NodeEndpoint, connectTimeoutMs: number, events: WireEvents): Wire {
  return new NodeRedisWire(endpoint, connectTimeoutMs, events);
}

/**
 * Never connected; each connection is a duplicate of it. createClient builds a class for its options and keeps the last
 * one only, so with several addresses by turns every connection would cost 30 ms of CPU time, in one piece.
 */
const template = createClient({ ...nodeRedisOptions, socket: nodeRedisSocketOptions });

class NodeRedisWire implements Wire {
  /** destroy() of the client does not reach a socket that is still connecting; the signal does. */
  readonly #abort = new AbortController();
  readonly #client;
  readonly #onMessage: (payload: string, channel: string) => void;

  constructor(
    endpoint: NodeEndpoint,
    connectTimeoutMs: number,
    private readonly events: WireEvents,
  ) {
    const socket = {
      ...nodeRedisSocketOptions,
      host: endpoint.host,
      port: endpoint.port,
      connectTimeout: connectTimeoutMs,
      signal: this.#abort.signal,
    };
    this.#client = template.duplicate({
      socket: endpoint.tls
        ? { ...socket, tls: true, ...(isIP(endpoint.host) === 0 ? { servername: endpoint.host } : {}) }
        : { ...socket, tls: false },
    });
    this.#onMessage = (payload, channel) => events.message(channel, payload);
    this.#client.on('ready', () => events.opened());
    this.#client.on('error', (error: Error) => events.closed(error.message));
    this.#client.connect().catch((error: unknown) => events.closed(error instanceof Error ? error.message : 'closed'));
  }

  push(command: Command, sink: Sink): boolean {
    this.#client.sendCommand(argsOf(command)).then(
      (reply) => tell(sink, reply as unknown as RawReply),
      (error: unknown) => {
        if (error instanceof ErrorReply) sink.refuse(error.message);
        else this.events.closed(error instanceof Error ? error.message : String(error));
      },
    );
    return false;
  }

  flush(): void {
    // The library's own setImmediate was asked for before that of the lane, and so has run.
  }

  async subscribe(channel: string): Promise<void> {
    await this.#client.subscribe(channel, this.#onMessage);
  }

  async unsubscribe(channel: string): Promise<void> {
    await this.#client.unsubscribe(channel);
  }

  destroy(): void {
    this.#abort.abort();
    this.#client.destroy();
  }
}

/** Of the command encoded last, since a fan-out sends the same one to every node. */
let lastCommand: Command | null = null;
let lastArgs: string[] = [];

function argsOf(command: Command): string[] {
  if (command === lastCommand) return lastArgs;
  const args = [command.name];
  for (const arg of command.args) args.push(typeof arg === 'string' ? arg : String(arg));
  lastCommand = command;
  lastArgs = args;
  return args;
}
