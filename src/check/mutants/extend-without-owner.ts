/** `single` that extends whatever lock is there, and asks neither whose it is nor whether its own lease was over. */
import type { LockStrategy } from '../../contract/index.js';
import type { Lease } from '../../kit/lease.js';
import { call } from '../../kit/send.js';
import { replaced } from '../../sim/wrap.js';
import single, { type SingleOptions } from '../../../strategies/single.js';

export default {
  ...single,
  name: 'extend-without-owner',
  open: async (nodes, env, options) => {
    const session = await single.open(nodes, env, options);
    return replaced(session, {
      extend: async (grant, ttlMs) => {
        const validUntilMs = env.nowMs() + ttlMs;
        const { reply } = await call(nodes[0].shared, { name: 'PEXPIRE', args: [grant.key, ttlMs] }, options.timeout);
        if (reply !== 1) return { kind: 'unknown' };
        (grant as Lease).validUntilMs = validUntilMs;
        return { kind: 'extended', validUntilMs };
      },
    });
  },
} satisfies LockStrategy<'redis', SingleOptions>;
