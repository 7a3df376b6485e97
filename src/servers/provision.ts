/**
 * The way to servers of Redis: given ones, private processes, or containers, in this order unless told otherwise. The entry to
 * this folder for the rest of the program. Which host it is decides what is loaded.
 */
import { LockbenchError } from '../contract/index.js';
import type { ServerHost } from './host.js';
import { noRedis } from './no-redis.js';
import { ProcessHost } from './process-host.js';
import { findRedis } from './redis-binary.js';
import type { ServerSettings } from './server-settings.js';

export type { ServerControl } from './control.js';
export { Hosts, serversOf, type HostsSettings } from './hosts.js';
export type { Provisioned, ServerHost } from './host.js';
export { watchThrough } from './sentinels.js';
export { clockShimAvailable, type ShimAvailability } from './shims/clock.js';
export { fsyncShimAvailable } from './shims/fsync.js';
export type { ShimNeeds } from './shims/preload.js';
export type { ServerSettings } from './server-settings.js';

/** Starts no server yet. Rejects with NO_REDIS where none is to be had. */
export async function openServers(settings: ServerSettings): Promise<ServerHost> {
  if (settings.keyPrefix === '')
    throw new LockbenchError('BAD_ARGUMENT', 'the prefix of our keys is empty: that is every key');
  switch (settings.kind) {
    case 'external':
      return externalHost(settings);
    case 'process':
      return processHost(settings) ?? refuse('--servers process, but no redis-server or valkey-server was found');
    case 'container':
      return containerHost(settings);
    case 'auto':
      if (settings.external.length > 0) return externalHost(settings);
      return processHost(settings) ?? containerHost(settings);
  }
}

async function externalHost(settings: ServerSettings): Promise<ServerHost> {
  if (settings.external.length > 0) return new (await import('./external-host.js')).ExternalHost(settings);
  throw new LockbenchError(
    'BAD_ARGUMENT',
    '--servers external needs --redis',
    'Name them: --redis host:port,host:port,...',
  );
}

function processHost(settings: ServerSettings): ServerHost | null {
  const binary = findRedis();
  return binary === null ? null : new ProcessHost({ ...settings, binary });
}

async function containerHost(settings: ServerSettings): Promise<ServerHost> {
  const engine = await (await import('./docker-engine.js')).dockerEngine();
  if (engine.available) return new (await import('./container-host.js')).ContainerHost(settings);
  const tried = settings.kind === 'auto' ? 'no redis-server or valkey-server on PATH or in the cache folder, and ' : '';
  return refuse(`${tried}${engine.reason}`);
}

function refuse(details: string): never {
  throw noRedis(details);
}
