/**
 * ioredis as published lock libraries use it: one object for each server, which connects by itself. It writes each command
 * at once and by itself, so one write is one command, and with automatic pipelining all those that it was handed for the write;
 * what its queues hold back or send again is counted when it is written.
 */
import { isIP } from 'node:net';
import { Redis } from 'ioredis';
import type { Failure, LibraryClientOptions } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import { downFailure, resetFailure, serverFailure, timeoutFailure } from './failures.js';
import {
  backoffMs,
  credentialErrors,
  type LibraryWatch,
  type WatchedClient,
  type WatchedEvents,
} from './library-watch.js';

export function watchIoredis(
  node: number,
  endpoint: NodeEndpoint,
  { ioredis, reconnectMs }: LibraryClientOptions,
  watch: LibraryWatch,
  events: WatchedEvents,
): WatchedClient {
  const { host, port, tls, username, password } = endpoint;
  const options = {
    ...ioredis,
    host,
    port,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {}),
    ...(reconnectMs === null ? {} : { retryStrategy: (times: number) => backoffMs(reconnectMs, times - 1) }),
    // Only so that we listen before anything happens.
    lazyConnect: true,
  };
  const redis = new Redis(options);
  const pipelined = { commands: 0, ours: 0 };
  redis.on('connect', () => watchWrites(redis, pipelined, watch));
  redis.on('ready', () => events.up());
  // Without a listener it prints.
  redis.on('error', (error: Error) => {
    if (credentialErrors.test(error.message)) events.refused(error.message);
  });
  watchCommands(redis, node, pipelined, watch);
  redis.connect().catch(() => {});
  return {
    client: redis,
    isUp: () => redis.status === 'ready',
    ping: () => watch.uncounted(() => redis.ping(ownPing)),
    destroy() {
      if (redis.status === 'end') return;
      redis.disconnect();
      // disconnect() waits for the other side to close as well, which a stopped server does not do.
      redis.stream?.destroy();
    },
  };
}

/** Handed to a pipeline, which writes them all when it has the last. */
interface Pipelined {
  commands: number;
  /** Of them, PINGs of ours: they keep their place in the order, and are written when nobody is asked whose they are. */
  ours: number;
}

const ownPing = 'lockbench';

/** Of each new connection; what it says before it is ready is no command of the library's. */
function watchWrites(redis: Redis, pipelined: Pipelined, watch: LibraryWatch): void {
  const { stream } = redis;
  const write = stream.write.bind(stream) as (chunk: string | Buffer) => boolean;
  stream.write = ((chunk: string | Buffer) => {
    if (redis.status === 'ready') {
      const count = pipelined.commands === 0 ? 1 : pipelined.commands - pipelined.ours;
      if (count > 0) watch.sent(typeof chunk === 'string' ? chunk : chunk.toString('latin1'), count);
      pipelined.commands = pipelined.ours = 0;
    }
    return write(chunk);
  }) as typeof stream.write;
  stream.on('data', () => watch.answered());
}

const watched = Symbol('watched');
type Watched = Parameters<Redis['sendCommand']>[0] & { [watched]?: true };

/** By the command itself and not by its promise: a handler there would hide from us what the library leaves unhandled. */
function watchCommands(redis: Redis, node: number, pipelined: Pipelined, watch: LibraryWatch): void {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command: Watched, stream) => {
    // It comes here again when it is sent from a queue.
    if (command[watched] !== true) {
      command[watched] = true;
      const { reject } = command;
      command.reject = (error: Error) => {
        const failure = ioredisFailure(error);
        if (failure !== null && isLost(failure)) watch.lost(node, failure.code);
        reject(error);
      };
    }
    // Only a pipeline brings a stream of its own.
    if (stream !== undefined && redis.status === 'ready') {
      pipelined.commands += 1;
      if (command.name === 'ping' && command.args[0] === ownPing) pipelined.ours += 1;
    }
    return send(command, stream);
  };
}

function isLost(failure: Failure): failure is Failure & { readonly code: 'DOWN' | 'RESET' | 'TIMEOUT' } {
  return failure.code === 'DOWN' || failure.code === 'RESET' || failure.code === 'TIMEOUT';
}

/** Null where it is no error of ioredis. */
export function ioredisFailure(error: unknown): Failure | null {
  if (!(error instanceof Error)) return null;
  const { name, message } = error;
  if (name === 'ReplyError') return serverFailure(message, true);
  if (message === 'Command timed out') return { ...timeoutFailure(0), message };
  if (message.startsWith("Stream isn't writeable")) return downFailure(message);
  if (name === 'MaxRetriesPerRequestError' || message.startsWith('Connection is closed')) return resetFailure(message);
  return null;
}
