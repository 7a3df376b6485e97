/**
 * node-redis as published lock libraries use it: one object for each server, which connects by itself. A command is counted
 * when it is handed over: it is written once, in the same turn, or when the connection is back.
 */
import { isIP } from 'node:net';
import {
  ClientClosedError,
  ClientOfflineError,
  createClient,
  DisconnectsClientError,
  ErrorReply,
  SocketClosedUnexpectedlyError,
  TimeoutError,
} from 'redis';
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

type Client = ReturnType<typeof createClient>;
type Send = Client['sendCommand'];

export function watchNodeRedis(
  node: number,
  endpoint: NodeEndpoint,
  { nodeRedis, reconnectMs }: LibraryClientOptions,
  watch: LibraryWatch,
  events: WatchedEvents,
): WatchedClient {
  const { host, port, tls, username, password } = endpoint;
  const { socket, ...options } = nodeRedis as { readonly socket?: Readonly<Record<string, unknown>> };
  const client = createClient({
    ...options,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    socket: {
      ...socket,
      host,
      port,
      ...(tls ? { tls: true, ...(isIP(host) === 0 ? { servername: host } : {}) } : {}),
      ...(reconnectMs === null ? {} : { reconnectStrategy: (retries: number) => backoffMs(reconnectMs, retries) }),
    },
  }) as Client;
  client.on('ready', () => events.up());
  // Without a listener it throws.
  client.on('error', (error: Error) => {
    if (credentialErrors.test(error.message)) events.refused(error.message);
  });
  watchCommands(client, node, watch);
  client.connect().catch(() => {});
  return {
    client,
    isUp: () => client.isReady,
    ping: () => watch.uncounted(() => client.ping()),
    destroy() {
      if (client.isOpen) client.destroy();
    },
  };
}

/** Its commands go through `sendCommand` of the object behind the one that it gives out. */
function watchCommands(client: Client, node: number, watch: LibraryWatch): void {
  const inner = (client as unknown as { readonly _self: { sendCommand: Send } })._self;
  const send = inner.sendCommand.bind(client) as Send;
  inner.sendCommand = ((args, options) => {
    const onItsWay = client.isReady;
    if (onItsWay) watch.sent(args.join('\n'));
    // The library gets what comes after our look: what it leaves unhandled stays so.
    return send(args, options).then(
      (reply) => {
        watch.answered();
        return reply;
      },
      (error: unknown) => {
        const code = nodeRedisFailure(error)?.code;
        if (code === 'DOWN' || code === 'RESET' || code === 'TIMEOUT') watch.lost(node, code);
        else watch.answered();
        throw error;
      },
    );
  }) as Send;
}

/** Null where it is no error of node-redis. */
export function nodeRedisFailure(error: unknown): Failure | null {
  if (error instanceof ErrorReply) return serverFailure(error.message, true);
  if (!(error instanceof Error)) return null;
  const text = error.message === '' ? error.constructor.name : error.message;
  if (error instanceof ClientClosedError || error instanceof ClientOfflineError) return downFailure(text);
  if (error instanceof TimeoutError) return { ...timeoutFailure(0), message: text };
  if (error instanceof SocketClosedUnexpectedlyError || error instanceof DisconnectsClientError)
    return resetFailure(text);
  return null;
}
