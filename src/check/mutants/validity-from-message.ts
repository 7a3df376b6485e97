/** A fair lock that counts its validity from when it is told of the grant, which may be long after somebody's release has made it. */
import type { LockStrategy } from '../../contract/index.js';
import { Lease } from '../../kit/lease.js';
import { replaced } from '../../sim/wrap.js';
import type { SingleOptions } from '../../../strategies/single.js';
import singleFair from '../../../strategies/single-fair.js';

export default {
  ...singleFair,
  name: 'validity-from-message',
  open: async (nodes, env, options) => {
    const session = await singleFair.open(nodes, env, options);
    return replaced(session, {
      acquire: async (key, request) => {
        const outcome = await session.acquire(key, request);
        if (outcome.kind !== 'granted' || outcome.queued !== true) return outcome;
        return { ...outcome, grant: new Lease(key, outcome.grant.token, env.nowMs() + request.ttlMs, env.nowMs()) };
      },
    });
  },
} satisfies LockStrategy<'redis', SingleOptions>;
