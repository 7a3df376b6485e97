/**
 * As `single`, but released by plain DEL: a holder whose lease is over deletes whatever lock is there, the next holder's
 * included. The Redis documentation warns of it; much code does it.
 */
import type { LockStrategy } from '../src/contract/index.js';
import { compareAndExpire } from '../src/kit/scripts.js';
import { comparing, singleOptions, SingleSession, type SingleOptions } from './single.js';

export default {
  name: 'single-del',
  help: 'one Redis: SET NX PX, released by plain DEL (deletes other holders’ locks)',
  engine: 'redis',
  topology: 'single',
  options: singleOptions,
  scripts: [compareAndExpire],
  judge: () => ({
    claims: { exclusion: true, expires: true, ownerRelease: false, toleratesDown: 0, toleratesLoss: 0 },
    ttl: { minMs: 1, maxMs: 86_400_000 },
  }),
  open: (nodes, env, options) =>
    Promise.resolve(
      new SingleSession(nodes[0], env, options, {
        ...comparing(nodes[0], options.timeout),
        freeing: (key) => ({ name: 'DEL', args: [key] }),
      }),
    ),
} satisfies LockStrategy<'redis', SingleOptions>;
