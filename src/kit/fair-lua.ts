/**
 * What the scripts of a lock with a queue have in common: in Lua, and as the models that stand for it in simulation. See
 * `fair-scripts.ts` for what the three keys are.
 */
import type { ModelDb } from '../contract/index.js';

/** So many places are passed over in one call at most: a server does nothing else meanwhile. */
const maxPassed = 1000;
/** What the dead leave behind when nobody comes any more is gone after this. */
const orphanMs = 60_000;

export const channelPrefix = 'fair:';

/** Grants to the first place whose session hears of it. All scripts have `call`. */
export const granting = `
local function tidy()
  if call('EXISTS', KEYS[2]) == 0 then call('DEL', KEYS[3]) end
end
local function grant()
  local deaf = {}
  for _ = 1, ${maxPassed} do
    local place = call('ZPOPMIN', KEYS[2])[1]
    if not place then return false end
    local token, session, ttl = string.match(place, '^(%w+):%d+:(%w+):(%d+)$')
    tidy()
    if not deaf[session] then
      if call('PUBLISH', '${channelPrefix}' .. session, place) > 0 then
        call('SET', KEYS[1], token, 'PX', ttl)
        return true
      end
      deaf[session] = true
    end
  end
  return false
end
`;

/** Signs of life, and what becomes of those who give none. */
export const living = `
local function now()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function bury()
  local lives, time = call('HGETALL', KEYS[3]), now()
  for i = 1, #lives, 2 do
    if tonumber(lives[i + 1]) < time then
      call('HDEL', KEYS[3], lives[i])
      for _, place in ipairs(call('ZRANGE', KEYS[2], 0, -1)) do
        if string.match(place, ':(%w+):%d+$') == lives[i] then call('ZREM', KEYS[2], place) end
      end
    end
  end
  tidy()
end
local function alive(session, lapse)
  call('HSET', KEYS[3], session, now() + lapse)
  call('PEXPIRE', KEYS[2], ${orphanMs})
  call('PEXPIRE', KEYS[3], ${orphanMs})
  bury()
end
`;

export type Keys = readonly string[];

export function tidy(db: ModelDb, [, queue, lives]: Keys): void {
  if (!db.exists(queue)) db.del(lives);
}

export function bury(db: ModelDb, keys: Keys): void {
  const [, queue, lives] = keys;
  for (const [session, lapsesMs] of db.hgetall(lives)) {
    if (Number(lapsesMs) >= db.timeMs()) continue;
    db.hdel(lives, session);
    for (const [place] of db.zrange(queue)) if (place.split(':')[2] === session) db.zrem(queue, place);
  }
  tidy(db, keys);
}

export function alive(db: ModelDb, keys: Keys, session: string, lapseMs: number): void {
  const [, queue, lives] = keys;
  db.hset(lives, session, String(db.timeMs() + lapseMs));
  db.pexpire(queue, orphanMs);
  db.pexpire(lives, orphanMs);
  bury(db, keys);
}

export function grant(db: ModelDb, keys: Keys): boolean {
  const [lock, queue] = keys;
  const deaf = new Set<string>();
  let granted = false;
  for (let passed = 0; passed < maxPassed && !granted; passed += 1) {
    const place = db.zrange(queue)[0]?.[0];
    if (place === undefined) break;
    db.zrem(queue, place);
    const [token, , session, ttlMs] = place.split(':');
    if (deaf.has(session)) continue;
    granted = db.publish(channelPrefix + session, place) > 0;
    if (granted) db.set(lock, token, Number(ttlMs));
    else deaf.add(session);
  }
  tidy(db, keys);
  return granted;
}
