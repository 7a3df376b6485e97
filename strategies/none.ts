/** No lock: what the harness itself costs, and the proof that the checks can fail. */
import type { LockStrategy } from '../src/contract/index.js';
import { Lease } from '../src/kit/lease.js';

export default {
  name: 'none',
  help: 'no lock: the cost of the harness, and the control that every check must catch',
  engine: 'redis',
  topology: 'none',
  options: {},
  judge: () => ({
    claims: { exclusion: false, expires: true, ownerRelease: false, toleratesDown: 0, toleratesLoss: 0 },
    ttl: { minMs: 1, maxMs: 86_400_000 },
  }),
  open: (_, env) =>
    Promise.resolve({
      acquire: (key, { ttlMs, cancel }) =>
        Promise.resolve(
          cancel.cancelled
            ? { kind: 'cancelled', tries: 0 }
            : {
                kind: 'granted',
                grant: new Lease(key, env.token(), env.nowMs() + ttlMs, env.nowMs()),
                tries: 1,
                roundMs: 0,
                decidedMs: env.nowMs(),
              },
        ),
      release: () => Promise.resolve({ kind: 'released' }),
      extend: (grant, ttlMs) => {
        const validUntilMs = env.nowMs() + ttlMs;
        (grant as Lease).validUntilMs = validUntilMs;
        return Promise.resolve({ kind: 'extended', validUntilMs });
      },
      quiesce: () => Promise.resolve(),
      backlog: () => ({ pending: 0, peak: 0, dropped: 0 }),
      close: () => Promise.resolve(),
    }),
} satisfies LockStrategy<'redis', object>;
