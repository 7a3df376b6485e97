/**
 * `single` with a fencing token for every grant: a counter beside the lock is counted up in the script that takes it, so
 * tokens rise with the grants for as long as the server keeps its data. Whoever protects a resource refuses what comes with
 * a token older than one that it has seen.
 * Source: Kleppmann, "How to do distributed locking", section "Making the lock safe with fencing"; the same script in
 * simple-redis-mutex.
 */
import type { LockStrategy } from '../src/contract/index.js';
import { fenceSuffix, takeAndMint, taking } from '../src/kit/fences.js';
import { compareAndDelete, compareAndExpire } from '../src/kit/scripts.js';
import { call } from '../src/kit/send.js';
import { comparing, singleOptions, SingleSession, type SingleOptions } from './single.js';

export default {
  name: 'single-fenced',
  help: 'single, with a fencing token for every grant, minted in the script that takes the lock',
  engine: 'redis',
  topology: 'single',
  options: singleOptions,
  scripts: [takeAndMint, compareAndDelete, compareAndExpire],
  standingSuffixes: [fenceSuffix],
  judge: () => ({
    claims: { exclusion: true, expires: true, ownerRelease: true, toleratesDown: 0, toleratesLoss: 0, fences: true },
    ttl: { minMs: 1, maxMs: 86_400_000 },
  }),
  open: ([node], env, options) =>
    Promise.resolve(
      new SingleSession(node, env, options, {
        ...comparing(node, options.timeout),
        take: (key, token, ttlMs) => call(node.shared, taking(key, token, ttlMs), options.timeout),
        fenceOf: (reply) => BigInt(Number(reply)),
      }),
    ),
} satisfies LockStrategy<'redis', SingleOptions>;
