/**
 * `single` whose waiters are woken: the release publishes that the key is free, on a channel of that key, in the script that
 * deletes it. A refusal tells for how long the key is held at most, for an expiry publishes nothing. How waiters come to
 * miss no release, and why a message wakes one of them, is told in src/kit/waiting-rooms.ts.
 *
 * Messages are delivered once or not at all, so the time left bounds every wait; while there is no subscription it polls as
 * `single` does. A publication is no command of its own, a subscription and its end are one each.
 * Source: Redis documentation, "Redis Pub/Sub", section "Delivery semantics"; Redisson's lock wakes its waiters so.
 */
import type { AcquireOutcome, AcquireRequest, LockStrategy, RedisNode, StrategyEnv } from '../src/contract/index.js';
import { acquireWithRetry } from '../src/kit/retry.js';
import { compareAndExpire, evalSha, script } from '../src/kit/scripts.js';
import { call } from '../src/kit/send.js';
import { WaitingRooms } from '../src/kit/waiting-rooms.js';
import { comparing, singleOptions, SingleSession, type SingleOptions } from './single.js';

/** Sets KEYS[1] to ARGV[1] for ARGV[2] ms if it is not there: OK, or else the PTTL of what is there. */
const takeOrTime = script(
  'take-or-time',
  "return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) or redis.call('PTTL', KEYS[1])",
  (db, keys, args) => (db.setIfAbsent(keys[0], args[0], Number(args[1])) ? 'OK' : db.pttl(keys[0])),
);

/** Deletes KEYS[1] if its value is ARGV[1], and tells ARGV[2]: 1 when deleted, 0 when it is gone or somebody else's. */
const deleteAndTell = script(
  'delete-and-tell',
  "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end " +
    "redis.call('DEL', KEYS[1]) redis.call('PUBLISH', ARGV[2], '') return 1",
  (db, keys, args) => {
    if (db.get(keys[0]) !== args[0]) return 0;
    db.del(keys[0]);
    db.publish(args[1], '');
    return 1;
  },
);

function channelOf(key: string): string {
  return `${key}:free`;
}

class NotifySession extends SingleSession {
  readonly #rooms: WaitingRooms;

  constructor(node: RedisNode, env: StrategyEnv, options: SingleOptions) {
    const rooms = new WaitingRooms(node, env, channelOf);
    super(node, env, options, {
      ...comparing(node, options.timeout),
      take: async (key, token, ttlMs) => {
        const answer = await call(node.shared, evalSha(takeOrTime, key, token, ttlMs), options.timeout);
        if (answer.failure !== null) return answer;
        const leftMs = answer.reply === 'OK' ? ttlMs : Number(answer.reply);
        rooms.heldFor(key, leftMs < 0 ? null : leftMs);
        return { failure: null, reply: answer.reply === 'OK' ? 'OK' : null };
      },
      freeing: (key, token) => evalSha(deleteAndTell, key, token, channelOf(key)),
    });
    this.#rooms = rooms;
  }

  override async acquire(key: string, request: AcquireRequest): Promise<AcquireOutcome> {
    const visit = this.#rooms.visit(key);
    const tryOnce = (): ReturnType<SingleSession['tryOnce']> => {
      visit.tries();
      return this.tryOnce(key, request.ttlMs);
    };
    try {
      return await acquireWithRetry(this.env, request, tryOnce, (delayMs, leftMs, { kind, ...refused }) =>
        kind === 'refused' && 'why' in refused && refused.why === 'busy'
          ? visit.wait(delayMs, leftMs, request.cancel)
          : this.env.sleep(Math.min(delayMs, leftMs), request.cancel),
      );
    } finally {
      visit.leave();
    }
  }

  override close = (): Promise<void> => {
    this.#rooms.close();
    return Promise.resolve(this.releases.close());
  };
}

export default {
  name: 'single-notify',
  help: 'single, whose waiters are woken by the release (pub/sub), and by the end of the lease',
  engine: 'redis',
  topology: 'single',
  options: singleOptions,
  scripts: [takeOrTime, deleteAndTell, compareAndExpire],
  judge: () => ({
    claims: { exclusion: true, expires: true, ownerRelease: true, toleratesDown: 0, toleratesLoss: 0 },
    ttl: { minMs: 1, maxMs: 86_400_000 },
  }),
  open: (nodes, env, options) => Promise.resolve(new NotifySession(nodes[0], env, options)),
} satisfies LockStrategy<'redis', SingleOptions>;
