/** Which Redis to start: a redis-server, or a valkey-server, which is found and run the same way. */
import { findProgram, type ProgramBinary, type ProgramWanted } from './program-binary.js';

export type RedisBinary = ProgramBinary;

export const redisWanted: ProgramWanted = {
  variable: 'BENCH_REDIS_SERVER',
  names: ['redis-server', 'valkey-server'],
  cacheName: 'redis',
};

/** Null when there is none; throws when BENCH_REDIS_SERVER names something that cannot be run. */
export function findRedis(): RedisBinary | null {
  return findProgram(redisWanted);
}
