/**
 * One connection of ioredis. Commands of a turn are gathered the way its own pipelines do it, through the stream that
 * `sendCommand` takes, and written as one string: one system call, and no wait for the replies before the next turn.
 */
import { isIP } from 'node:net';
import { Command as IoredisCommand, Redis } from 'ioredis';
import { atTurnEnd } from '../base/turn.js';
import type { Command } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import { tell, type RawReply } from './normal-reply.js';
import { ioredisOptions } from './options.js';
import { beyondAscii } from './resp-frames.js';
import type { Sink, Wire, WireEvents } from './wire.js';

export function dialIoredis(endpoint: NodeEndpoint, connectTimeoutMs: number, events: WireEvents): Wire {
  return new IoredisWire(endpoint, connectTimeoutMs, events);
}

class IoredisWire implements Wire {
  readonly #redis: Redis;
  #batch = '';
  #lastError = 'closed by the server';
  readonly #gather;

  constructor(
    endpoint: NodeEndpoint,
    connectTimeoutMs: number,
    private readonly events: WireEvents,
  ) {
    this.#redis = new Redis({
      ...ioredisOptions,
      host: endpoint.host,
      port: endpoint.port,
      connectTimeout: connectTimeoutMs,
      retryStrategy: () => null,
      ...(endpoint.tls ? { tls: isIP(endpoint.host) === 0 ? { servername: endpoint.host } : {} } : {}),
    });
    this.#gather = {
      isPipeline: true,
      destination: { redis: this.#redis },
      write: (chunk: string | Buffer): void => {
        this.#batch += chunk.toString();
      },
    } as const;
    this.#redis.on('ready', () => events.opened());
    this.#redis.on('error', (error: Error) => {
      this.#lastError = error.message;
    });
    this.#redis.on('end', () => events.closed(this.#lastError));
    this.#redis.on('message', (channel: string, payload: string) => events.message(channel, payload));
    // Its outcome is told by 'ready' and 'end'.
    this.#redis.connect().catch(() => {});
  }

  push(command: Command, sink: Sink): boolean {
    const item = new IoredisCommand(command.name, command.args as (string | number)[]);
    // Set apart from its promise: one less turn of the microtask queue, and no transformation of replies by name.
    item.resolve = (reply: RawReply) => tell(sink, reply);
    item.reject = (error: Error) => {
      if (error.name === 'ReplyError') sink.refuse(error.message);
      else atTurnEnd(() => this.events.closed(error.message));
    };
    void this.#redis.sendCommand(item, this.#gather);
    return false;
  }

  flush(): void {
    const batch = this.#batch;
    this.#batch = '';
    // Text of one byte a character is copied, and not translated.
    if (batch !== '') this.#redis.stream.write(batch, beyondAscii.test(batch) ? 'utf8' : 'latin1');
  }

  async subscribe(channel: string): Promise<void> {
    await this.#redis.subscribe(channel);
  }

  async unsubscribe(channel: string): Promise<void> {
    await this.#redis.unsubscribe(channel);
  }

  destroy(): void {
    // After its end a second disconnect would start a timer that nothing stops.
    if (this.#redis.status === 'end') return;
    this.#redis.disconnect();
    // disconnect() waits for the other side to close as well, which a stopped server does not do.
    this.#redis.stream?.destroy();
  }
}
