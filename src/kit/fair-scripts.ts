/**
 * The scripts of a lock with a queue on its server, each with the model that stands for it in simulation. Three keys: the lock,
 * a string with its holder's token; the queue, a sorted set of places by ticket; and until when each session that waits is
 * taken to be alive, a hash. The last is there only while the queue is, so a lock that is free and not waited for leaves nothing.
 *
 * A place is `token:number:session:ttl`: what the lock is set to, which place of that token it is, whom to tell, and the lease.
 * Granting takes the first place off the queue, tells its session on a channel of its own, and sets the lock for the whole TTL.
 * Where nobody hears (PUBLISH says so), or the session has given no sign of life for longer than it said it would, the place
 * is passed over. The server's clock decides about that alone, which is a matter of progress and never of exclusion.
 */
import type { Command, ModelDb } from '../contract/index.js';
import { evalSha, script } from './scripts.js';

/** So many places are passed over in one call at most: a server does nothing else meanwhile. */
const maxPassed = 1000;
/** What the dead leave behind when nobody comes any more is gone after this. */
const orphanMs = 60_000;

export const channelPrefix = 'fair:';

const common = `
local function tidy()
  if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('DEL', KEYS[3]) end
end
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function alive(session, lapse)
  redis.call('HSET', KEYS[3], session, now() + lapse)
  redis.call('PEXPIRE', KEYS[2], ${orphanMs})
  redis.call('PEXPIRE', KEYS[3], ${orphanMs})
end
local function grant()
  local granted, gone, time = false, {}, now()
  for _ = 1, ${maxPassed} do
    local place = redis.call('ZPOPMIN', KEYS[2])[1]
    if not place then break end
    local token, session, ttl = string.match(place, '^(%w+):%d+:(%w+):(%d+)$')
    if not gone[session] then
      local lapses = redis.call('HGET', KEYS[3], session)
      if lapses and tonumber(lapses) >= time and redis.call('PUBLISH', '${channelPrefix}' .. session, place) > 0 then
        redis.call('SET', KEYS[1], token, 'PX', ttl)
        granted = true
        break
      end
      gone[session] = true
    end
  end
  tidy()
  return granted
end
`;

type Keys = readonly string[];

function tidy(db: ModelDb, [, queue, lives]: Keys): void {
  if (!db.exists(queue)) db.del(lives);
}

function alive(db: ModelDb, [, queue, lives]: Keys, session: string, lapseMs: number): void {
  db.hset(lives, session, String(db.timeMs() + lapseMs));
  db.pexpire(queue, orphanMs);
  db.pexpire(lives, orphanMs);
}

function grant(db: ModelDb, keys: Keys): boolean {
  const [lock, queue, lives] = keys;
  const gone = new Set<string>();
  let granted = false;
  for (let passed = 0; passed < maxPassed && !granted; passed += 1) {
    const place = db.zrange(queue)[0]?.[0];
    if (place === undefined) break;
    db.zrem(queue, place);
    const [token, , session, ttlMs] = place.split(':');
    if (gone.has(session)) continue;
    granted =
      Number(db.hget(lives, session) ?? -Infinity) >= db.timeMs() && db.publish(channelPrefix + session, place) > 0;
    if (granted) db.set(lock, token, Number(ttlMs));
    else gone.add(session);
  }
  tidy(db, keys);
  return granted;
}

/**
 * Takes a lock that is free and waited for by nobody: 1. Else a place is taken in the queue, and the first in it is granted the
 * lock should it be free: the ticket (0 without a place), and the PTTL of the lock.
 * ARGV: token, TTL, place, session, ticket, whether the ticket is new ('1': it comes after all that are here), and for how long
 * the session is taken to be alive ('0': no place is wanted).
 */
export const takeOrQueue = script(
  'take-or-queue',
  `
if redis.call('EXISTS', KEYS[2]) == 0 and redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
${common}
local ticket = 0
if ARGV[7] ~= '0' then
  ticket = tonumber(ARGV[5])
  local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2]
  if ARGV[6] == '1' and last and tonumber(last) >= ticket then ticket = last + 1 end
  redis.call('ZADD', KEYS[2], ticket, ARGV[3])
  alive(ARGV[4], ARGV[7])
end
if redis.call('EXISTS', KEYS[1]) == 0 and not grant() and redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
return { ticket, redis.call('PTTL', KEYS[1]) }`,
  (db, keys, [token, ttlMs, place, session, proposed, isNew, lapseMs]) => {
    const [lock, queue] = keys;
    if (!db.exists(queue) && db.setIfAbsent(lock, token, Number(ttlMs))) return 1;
    let ticket = 0;
    if (lapseMs !== '0') {
      const last = db.zrange(queue).at(-1)?.[1];
      ticket = isNew === '1' ? Math.max(Number(proposed), (last ?? -Infinity) + 1) : Number(proposed);
      db.zadd(queue, ticket, place);
      alive(db, keys, session, Number(lapseMs));
    }
    if (!db.exists(lock) && !grant(db, keys) && !db.exists(queue)) {
      db.set(lock, token, Number(ttlMs));
      return 1;
    }
    return [ticket, db.pttl(lock)];
  },
  3,
);

/**
 * Gives up all that a token has here: its places, and the lock, which goes to the first in the queue in the same step. 1 when it
 * had the lock, else 0. ARGV: token, places.
 */
export const leaveAndGrant = script(
  'leave-and-grant',
  `
local mine = redis.call('GET', KEYS[1]) == ARGV[1]
if redis.call('EXISTS', KEYS[2]) == 0 then return mine and redis.call('DEL', KEYS[1]) or 0 end
${common}
if #ARGV > 1 then
  redis.call('ZREM', KEYS[2], unpack(ARGV, 2))
  tidy()
end
if not mine then return 0 end
if not grant() then redis.call('DEL', KEYS[1]) end
return 1`,
  (db, keys, [token, ...places]) => {
    const [lock, queue] = keys;
    const mine = db.get(lock) === token;
    for (const place of places) db.zrem(queue, place);
    tidy(db, keys);
    if (mine && !grant(db, keys)) db.del(lock);
    return mine ? 1 : 0;
  },
  3,
);

/** What `lookAfter` says of a place. */
export const looks = { gone: 0, waits: 1, holds: 2 } as const;

/**
 * Looks after the places of one session: it is alive; a lock that has run out goes to the first in the queue; a place whose
 * ticket has become higher moves there; and a lease that one of these tokens has been granted counts from now on, if it would
 * else end before. The PTTL of the lock, and for each place whether it is gone, waits, or holds the lock.
 * ARGV: session, for how long it is taken to be alive, and for each place its ticket and itself.
 */
export const lookAfter = script(
  'look-after',
  `${common}
if redis.call('EXISTS', KEYS[2]) == 1 then
  alive(ARGV[1], ARGV[2])
  if redis.call('EXISTS', KEYS[1]) == 0 then grant() end
end
local holder, left = redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])
local answer = { left }
for i = 3, #ARGV, 2 do
  local place, found = ARGV[i + 1], ${looks.gone}
  local ticket = redis.call('ZSCORE', KEYS[2], place)
  if holder and string.match(place, '^%w+') == holder then
    found = ${looks.holds}
    if ticket then redis.call('ZREM', KEYS[2], place) end
    local ttl = tonumber(string.match(place, '%d+$'))
    if left < ttl then redis.call('PEXPIRE', KEYS[1], ttl) end
  elseif ticket then
    found = ${looks.waits}
    if tonumber(ticket) < tonumber(ARGV[i]) then redis.call('ZADD', KEYS[2], ARGV[i], place) end
  end
  answer[#answer + 1] = found
end
tidy()
return answer`,
  (db, keys, [session, lapseMs, ...places]) => {
    const [lock, queue] = keys;
    if (db.exists(queue)) {
      alive(db, keys, session, Number(lapseMs));
      if (!db.exists(lock)) grant(db, keys);
    }
    const [holder, leftMs] = [db.get(lock), db.pttl(lock)];
    const answer = [leftMs];
    for (let i = 0; i < places.length; i += 2) {
      const [ticket, place] = [Number(places[i]), places[i + 1]];
      const [token, , , ttlMs] = place.split(':');
      const found = db.zscore(queue, place);
      if (token === holder) {
        db.zrem(queue, place);
        if (leftMs < Number(ttlMs)) db.pexpire(lock, Number(ttlMs));
      } else if (found !== null && found < ticket) db.zadd(queue, ticket, place);
      answer.push(token === holder ? looks.holds : found === null ? looks.gone : looks.waits);
    }
    tidy(db, keys);
    return answer;
  },
  3,
);

/** What `yieldToEarlier` answers. */
export const yields = { gone: 0, kept: 1, yielded: 2 } as const;

/**
 * A lock that is held without the others that it takes goes to whoever waits with a lower ticket, and its holder takes a place
 * in the queue (yielded). Or nobody waits with a lower one (kept), or it was not held (gone).
 * ARGV: token, place, session, ticket, for how long the session is taken to be alive.
 */
export const yieldToEarlier = script(
  'yield-to-earlier',
  `${common}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return ${yields.gone} end
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2])
if redis.call('ZRANGE', KEYS[2], 0, 0)[1] == ARGV[2] then
  redis.call('ZREM', KEYS[2], ARGV[2])
  return ${yields.kept}
end
alive(ARGV[3], ARGV[5])
if not grant() then redis.call('DEL', KEYS[1]) end
return ${yields.yielded}`,
  (db, keys, [token, place, session, ticket, lapseMs]) => {
    const [lock, queue] = keys;
    if (db.get(lock) !== token) return yields.gone;
    db.zadd(queue, Number(ticket), place);
    if (db.zrange(queue)[0][0] === place) {
      db.zrem(queue, place);
      return yields.kept;
    }
    alive(db, keys, session, Number(lapseMs));
    if (!grant(db, keys)) db.del(lock);
    return yields.yielded;
  },
  3,
);

export const fairScripts = [takeOrQueue, leaveAndGrant, lookAfter, yieldToEarlier];

/** The lock, the queue, and who of it is alive. */
export function fairKeys(key: string): readonly [lock: string, queue: string, lives: string] {
  return [key, `${key}:queue`, `${key}:lives`];
}

export function leaving(key: string, token: string, places: readonly string[]): Command {
  return evalSha(leaveAndGrant, ...fairKeys(key), token, ...places);
}
