/** Redlock that counts its validity from the answer, and not from before it asked: the time that passed is held twice. */
import type { LockStrategy } from '../../contract/index.js';
import { Lease } from '../../kit/lease.js';
import { replaced } from '../../sim/wrap.js';
import redlock, { type RedlockOptions } from '../../../strategies/redlock.js';

export default {
  ...redlock,
  name: 'validity-from-answer',
  open: async (nodes, env, options) => {
    const session = await redlock.open(nodes, env, options);
    return replaced(session, {
      acquire: async (key, request) => {
        const outcome = await session.acquire(key, request);
        if (outcome.kind !== 'granted') return outcome;
        return { ...outcome, grant: new Lease(key, outcome.grant.token, env.nowMs() + request.ttlMs, env.nowMs()) };
      },
    });
  },
} satisfies LockStrategy<'redis', RedlockOptions>;
