/** A mutex in the memory of one worker: sound within it, and unknown to all the others. */
import type { LockStrategy } from '../../contract/index.js';
import { Lease } from '../../kit/lease.js';
import { acquireWithRetry } from '../../kit/retry.js';
import none from '../../../strategies/none.js';

export default {
  ...none,
  name: 'worker-local',
  open: (_, env) => {
    const owners = new Map<string, string>();
    return Promise.resolve({
      acquire: (key, request) =>
        acquireWithRetry(env, request, () => {
          if (owners.has(key)) return Promise.resolve({ kind: 'refused', why: 'busy' });
          const grant = new Lease(key, env.token(), env.nowMs() + request.ttlMs, env.nowMs());
          owners.set(key, grant.token);
          return Promise.resolve({ kind: 'granted', grant, decidedMs: env.nowMs() });
        }),
      release: ({ key, token }) => {
        const kind = owners.get(key) === token ? 'released' : 'lost';
        if (kind === 'released') owners.delete(key);
        return Promise.resolve({ kind });
      },
      quiesce: () => Promise.resolve(),
      backlog: () => ({ pending: 0, peak: 0, dropped: 0 }),
      close: () => Promise.resolve(),
    });
  },
} satisfies LockStrategy<'redis', object>;
