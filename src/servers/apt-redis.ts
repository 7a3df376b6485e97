/** Redis from the packages of Debian or Ubuntu; `apt-packages.ts` tells how. */
import { unpackPackages } from './apt-packages.js';
import { noRedis } from './no-redis.js';
import { redisWanted, type RedisBinary } from './redis-binary.js';

/** Rejects with NO_REDIS when it cannot be done here. */
export function unpackRedis(): Promise<RedisBinary> {
  return unpackPackages({
    wanted: redisWanted,
    packages: ['redis-server', 'redis-tools'],
    libraries: ['libjemalloc2', 'liblzf1'],
    program: 'redis-server',
    none: noRedis,
  });
}
