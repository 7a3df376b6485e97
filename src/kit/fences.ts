/**
 * Fencing tokens from a counter beside the lock: minted in the script that takes the lock, so that between the two nothing
 * can come. The counter never expires: a lock is gone when it is released, the order of its holders is not.
 * Source: Kleppmann, "How to do distributed locking", section "Making the lock safe with fencing".
 *
 * Redisson's RFencedLock deletes its counter with the lock, and its tokens begin anew. Here it stays, as long as the server
 * keeps its data.
 */
import type { Command } from '../contract/index.js';
import { evalSha, script } from './scripts.js';

/** After the lock's name. */
export const fenceSuffix = ':fence';

/** Sets KEYS[1] to ARGV[1] for ARGV[2] ms if it is not there, and counts KEYS[2] up: the count, or 0 when it is there. */
export const takeAndMint = script(
  'take-and-mint',
  "if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return redis.call('INCR', KEYS[2]) end return 0",
  (db, keys, args) => (db.setIfAbsent(keys[0], args[0], Number(args[1])) ? db.incr(keys[1]) : 0),
  2,
);

/** While KEYS[1] is ARGV[1], raises the counter KEYS[2] to ARGV[2] at least: 1; or 0 when the lock is gone or somebody else's. */
export const raiseFence = script(
  'raise-fence',
  "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end " +
    "if tonumber(redis.call('GET', KEYS[2]) or 0) < tonumber(ARGV[2]) then redis.call('SET', KEYS[2], ARGV[2]) end return 1",
  (db, keys, args) => {
    if (db.get(keys[0]) !== args[0]) return 0;
    const count = db.get(keys[1]) ?? '0';
    if (!/^-?\d+$/.test(count)) throw new Error('attempt to compare nil with number');
    if (Number(count) < Number(args[1])) db.set(keys[1], args[1], null);
    return 1;
  },
  2,
);

export function taking(key: string, token: string, ttlMs: number): Command {
  return evalSha(takeAndMint, key, key + fenceSuffix, token, ttlMs);
}

export function raising(key: string, token: string, fence: number): Command {
  return evalSha(raiseFence, key, key + fenceSuffix, token, fence);
}
