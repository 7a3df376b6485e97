/**
 * Every option of the client libraries that changes what they do, set by us and printed in the result. What they have
 * in common: one connection is one client object that never reconnects, never queues while it is down, never sends
 * again, and has no timeout of its own once connected; RESP2, TCP_NODELAY, and the same keep-alive.
 */
import { createRequire } from 'node:module';
import { packageVersion } from '../base/packages.js';
import type { ClientName, LibraryClientName } from '../contract/index.js';

const keepAliveMs = 30_000;

export const ioredisOptions = {
  protocol: 2,
  family: 0,
  db: 0,
  noDelay: true,
  keepAlive: keepAliveMs,
  lazyConnect: true,
  enableReadyCheck: false,
  enableOfflineQueue: false,
  enableAutoPipelining: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  disconnectTimeout: 0,
  disableClientInfo: true,
  stringNumbers: false,
} as const;

export const nodeRedisOptions = {
  RESP: 2,
  database: 0,
  disableOfflineQueue: true,
  disableClientInfo: true,
  maintNotifications: 'disabled',
  pingInterval: 0,
  /** Its own timeout costs an AbortSignal a command, and is dropped at the write. */
  commandOptions: { timeout: 0 },
} as const;

export const nodeRedisSocketOptions = {
  family: 0,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: keepAliveMs,
  reconnectStrategy: false,
  /** In bytes. The library stops a write at this mark; by default (16 KiB) a busy turn would take several. */
  writableHighWaterMark: 1_048_576,
} as const;

export const pipelinedOptions = {
  RESP: 2,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: keepAliveMs,
  readBufferBytes: 65_536,
} as const;

/** The options as they go into the result: no address, no secret. `retryStrategy: null` stands for a function that says so. */
export function clientOptions(client: ClientName): Readonly<Record<string, unknown>> {
  if (client === 'ioredis') return { ...libraryVersion(client), ...ioredisOptions, retryStrategy: null };
  if (client === 'pipelined') return { library: client, version: packageVersion(), ...pipelinedOptions };
  return { ...libraryVersion(client), ...nodeRedisOptions, socket: nodeRedisSocketOptions };
}

export function libraryVersion(client: LibraryClientName): { readonly library: string; readonly version: string } {
  return { library: client, version: versionOf(client === 'ioredis' ? 'ioredis' : 'redis') };
}

export function versionOf(library: string): string {
  const manifest: unknown = createRequire(import.meta.url)(`${library}/package.json`);
  return (manifest as { readonly version: string }).version;
}
