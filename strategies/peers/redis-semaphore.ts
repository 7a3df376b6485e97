/** `Mutex` of redis-semaphore 5.8.0: one Redis. */
import type { LockStrategy } from '../../src/contract/index.js';
import { importPackage } from '../../src/base/packages.js';
import { judgeSingle } from './claims.js';
import { isTuned, peerOptions, type PeerOptions } from './profiles.js';
import { openRedisSemaphore, type Mutex, type MutexOptions } from './redis-semaphore-like.js';

interface Library {
  readonly Mutex: new (client: unknown, key: string, options: MutexOptions) => Mutex;
}

export default {
  name: 'redis-semaphore',
  help: 'redis-semaphore 5.8.0, Mutex: one Redis, SET NX PX, refreshed by itself unless tuned',
  engine: 'library',
  topology: 'single',
  library: 'redis-semaphore',
  clients: ['ioredis'],
  options: peerOptions(500),
  redisKey: (key) => `mutex:${key}`,
  judge: judgeSingle((options) => (isTuned(options) ? {} : { lease: 'renewed' })),
  async open(servers, env, options) {
    const library = await importPackage<Library>('redis-semaphore');
    return openRedisSemaphore(servers, env, options, ([client], key, its) => new library.Mutex(client, key, its));
  },
} satisfies LockStrategy<'library', PeerOptions>;
