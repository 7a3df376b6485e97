/** `RedlockMutex` of redis-semaphore 5.8.0: several independent masters. */
import type { LockStrategy } from '../../src/contract/index.js';
import { importPackage } from '../../src/base/packages.js';
import { judgeQuorum } from './claims.js';
import { isTuned, peerOptions, quorumTimeoutMs, type PeerOptions } from './profiles.js';
import { openRedisSemaphore, type Mutex, type MutexOptions } from './redis-semaphore-like.js';

interface Library {
  readonly RedlockMutex: new (clients: readonly unknown[], key: string, options: MutexOptions) => Mutex;
}

export default {
  name: 'redis-semaphore-redlock',
  help: 'redis-semaphore 5.8.0, RedlockMutex: all masters asked at once, all of them waited for',
  engine: 'library',
  topology: 'quorum',
  library: 'redis-semaphore',
  clients: ['ioredis'],
  options: peerOptions(quorumTimeoutMs),
  redisKey: (key) => `mutex:${key}`,
  judge: judgeQuorum((options) => (isTuned(options) ? {} : { lease: 'renewed' })),
  async open(servers, env, options) {
    const library = await importPackage<Library>('redis-semaphore');
    return openRedisSemaphore(
      servers,
      env,
      options,
      (clients, key, its) => new library.RedlockMutex(clients, key, its),
    );
  },
} satisfies LockStrategy<'library', PeerOptions>;
