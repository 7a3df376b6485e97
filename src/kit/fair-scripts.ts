/**
 * The scripts of a lock with a queue on its server, each with the model that stands for it in simulation. Three keys: the lock,
 * a string with its holder's token; the queue, a sorted set of places by ticket; and until when each session that waits is
 * taken to be alive, a hash. The last is there only while the queue is, so a lock that is free and not waited for leaves nothing.
 *
 * A place is `token:number:session:ttl`: what the lock is set to, which place of that token it is, whom to tell, and the lease.
 * Granting takes the first place off the queue, tells its session on a channel of its own, and sets the lock for the whole TTL.
 * Where nobody hears (PUBLISH says so) the place is passed over. Of a session that has given no sign of life for longer than it
 * said it would, all places are removed by the next sign of anybody's. The server's clock decides about that alone, which is a
 * matter of progress and never of exclusion.
 */
import type { Command } from '../contract/index.js';
import { alive, bury, grant, granting, living, tidy } from './fair-lua.js';
import { evalSha, script, withSource } from './scripts.js';

/**
 * Takes a lock that is free and waited for by nobody: 1. Else a place is taken in the queue, and the first in it is granted the
 * lock should it be free: the ticket (0 without a place), the PTTL of the lock, and the token right before the place, which is that of
 * the holder where nobody else waits ('' for a place that is not new).
 * ARGV: token, TTL, place, session, ticket, whether the ticket is new ('1': it comes after all that are here), for how long
 * the session is taken to be alive ('0': no place is wanted), and whether this is its sign of life, or else it has given one.
 */
export const takeOrQueue = script(
  'take-or-queue',
  `
local call = redis.call
local left = call('PTTL', KEYS[1])
local free = left == -2
if free and call('EXISTS', KEYS[2]) == 0 then
  call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
local ticket, before, signs = 0, '', false
if ARGV[7] ~= '0' then
  ticket = tonumber(ARGV[5])
  if ARGV[6] == '1' then
    local last = call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
    if last[2] and tonumber(last[2]) >= ticket then ticket = last[2] + 1 end
    before = string.match(last[1] or call('GET', KEYS[1]), '^%w+') or ''
  end
  call('ZADD', KEYS[2], ticket, ARGV[3])
  signs = ARGV[8] == '1' or call('HEXISTS', KEYS[3], ARGV[4]) == 0
end
if not free and not signs then return { ticket, left, before } end
${granting}${living}
if signs then alive(ARGV[4], ARGV[7]) end
if free then
  bury()
  if not grant() and call('EXISTS', KEYS[2]) == 0 then
    call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1
  end
  left = call('PTTL', KEYS[1])
end
return { ticket, left, before }`,
  (db, keys, [token, ttlMs, place, session, proposed, isNew, lapseMs, isSign]) => {
    const [lock, queue, lives] = keys;
    if (!db.exists(queue) && db.setIfAbsent(lock, token, Number(ttlMs))) return 1;
    let [ticket, before] = [0, ''];
    if (lapseMs !== '0') {
      ticket = Number(proposed);
      if (isNew === '1') {
        const [last, highest] = db.zrange(queue).at(-1) ?? [db.get(lock)!, -Infinity];
        ticket = Math.max(ticket, highest + 1);
        before = last.split(':')[0];
      }
      db.zadd(queue, ticket, place);
      if (isSign === '1' || db.hget(lives, session) === null) alive(db, keys, session, Number(lapseMs));
    }
    if (!db.exists(lock)) {
      bury(db, keys);
      if (!grant(db, keys) && !db.exists(queue)) {
        db.set(lock, token, Number(ttlMs));
        return 1;
      }
    }
    return [ticket, db.pttl(lock), before];
  },
  3,
);

/** Whether one of the tokens ARGV[from] and so on, `count` of them, has the lock. */
const mine = `
local function mine(from, count)
  local holder = redis.call('GET', KEYS[1])
  if not holder then return false end
  for i = from, from + count - 1 do
    if ARGV[i] == holder then return true end
  end
  return false
end
local function withdraw(from)
  if #ARGV >= from then redis.call('ZREM', KEYS[2], unpack(ARGV, from)) end
end
`;

/**
 * Gives up all that some tokens have here: places, and the lock, which goes to the first in the queue in the same step. 1 when
 * one of them had the lock, else 0. ARGV: how many tokens, the tokens, and places.
 */
export const leaveAndGrant = script(
  'leave-and-grant',
  `
local call = redis.call
${granting}${mine}
local count = tonumber(ARGV[1])
local ours = mine(2, count)
withdraw(count + 2)
if ours and not grant() then call('DEL', KEYS[1]) end
if #ARGV > count + 1 then tidy() end
return ours and 1 or 0`,
  (db, keys, [count, ...rest]) => {
    const [lock, queue] = keys;
    const ours = rest.slice(0, Number(count)).includes(db.get(lock) ?? '');
    for (const place of rest.slice(Number(count))) db.zrem(queue, place);
    if (ours && !grant(db, keys)) db.del(lock);
    tidy(db, keys);
    return ours ? 1 : 0;
  },
  3,
);

/**
 * Gives up all that some tokens have here, as above, but the lock goes to the heir, who knows it already. 1 when one of them had
 * the lock, else 0. ARGV: the heir's token, TTL and place, how many tokens, the tokens, and places.
 *
 * What the heir sends must not overtake this, so it is sent with its source, which no server can have forgotten.
 */
const handOn = script(
  'hand-on',
  `
local call = redis.call
${mine}
local count = tonumber(ARGV[4])
local ours = mine(5, count)
withdraw(count + 5)
if ours then
  call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  call('ZREM', KEYS[2], ARGV[3])
end
if call('EXISTS', KEYS[2]) == 0 then call('DEL', KEYS[3]) end
return ours and 1 or 0`,
  (db, keys, [heir, ttlMs, heirPlace, count, ...rest]) => {
    const [lock, queue] = keys;
    const ours = rest.slice(0, Number(count)).includes(db.get(lock) ?? '');
    for (const place of rest.slice(Number(count))) db.zrem(queue, place);
    if (ours) {
      db.set(lock, heir, Number(ttlMs));
      db.zrem(queue, heirPlace);
    }
    tidy(db, keys);
    return ours ? 1 : 0;
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
  `
local call = redis.call
${granting}${living}
if call('EXISTS', KEYS[2]) == 1 then
  alive(ARGV[1], ARGV[2])
  if call('EXISTS', KEYS[1]) == 0 then grant() end
end
local holder, left = call('GET', KEYS[1]), call('PTTL', KEYS[1])
local answer = { left }
for i = 3, #ARGV, 2 do
  local place, found = ARGV[i + 1], ${looks.gone}
  local ticket = call('ZSCORE', KEYS[2], place)
  if holder and string.match(place, '^%w+') == holder then
    found = ${looks.holds}
    if ticket then call('ZREM', KEYS[2], place) end
    local ttl = tonumber(string.match(place, '%d+$'))
    if left < ttl then call('PEXPIRE', KEYS[1], ttl) end
  elseif ticket then
    found = ${looks.waits}
    if tonumber(ticket) < tonumber(ARGV[i]) then call('ZADD', KEYS[2], ARGV[i], place) end
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
  `
local call = redis.call
${granting}${living}
if call('GET', KEYS[1]) ~= ARGV[1] then return ${yields.gone} end
call('ZADD', KEYS[2], ARGV[4], ARGV[2])
if call('ZRANGE', KEYS[2], 0, 0)[1] == ARGV[2] then
  call('ZREM', KEYS[2], ARGV[2])
  tidy()
  return ${yields.kept}
end
alive(ARGV[3], ARGV[5])
if not grant() then call('DEL', KEYS[1]) end
return ${yields.yielded}`,
  (db, keys, [token, place, session, ticket, lapseMs]) => {
    const [lock, queue] = keys;
    if (db.get(lock) !== token) return yields.gone;
    db.zadd(queue, Number(ticket), place);
    if (db.zrange(queue)[0][0] === place) {
      db.zrem(queue, place);
      tidy(db, keys);
      return yields.kept;
    }
    alive(db, keys, session, Number(lapseMs));
    if (!grant(db, keys)) db.del(lock);
    return yields.yielded;
  },
  3,
);

export const fairScripts = [takeOrQueue, leaveAndGrant, handOn, lookAfter, yieldToEarlier];

/** The lock, the queue, and who of it is alive. */
export function fairKeys(key: string): readonly [lock: string, queue: string, lives: string] {
  return [key, `${key}:queue`, `${key}:lives`];
}

export function leaving(key: string, tokens: readonly string[], places: readonly string[]): Command {
  return evalSha(leaveAndGrant, ...fairKeys(key), tokens.length, ...tokens, ...places);
}

export function handingOn(
  key: string,
  tokens: readonly string[],
  heir: { readonly token: string; readonly ttlMs: number; readonly place: string },
  places: readonly string[],
): Command {
  const { token, ttlMs, place } = heir;
  const args = [token, ttlMs, place, tokens.length, ...tokens, ...places];
  return withSource(evalSha(handOn, ...fairKeys(key), ...args));
}
