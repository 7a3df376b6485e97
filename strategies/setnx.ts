/** The textbook mistake: SETNX without expiry, DEL. Whoever crashes while holding blocks everybody for ever. */
import type { LockStrategy } from '../src/contract/index.js';
import { call } from '../src/kit/send.js';
import { comparing, singleOptions, SingleSession, type SingleOptions } from './single.js';

export default {
  name: 'setnx',
  help: 'one Redis: SETNX without expiry, DEL (a crashed holder blocks for ever)',
  engine: 'redis',
  topology: 'single',
  options: { timeout: singleOptions.timeout },
  judge: () => ({
    claims: { exclusion: true, expires: false, ownerRelease: false, toleratesDown: 0, toleratesLoss: 0 },
    ttl: { minMs: 1, maxMs: 86_400_000 },
  }),
  open: (nodes, env, { timeout }) =>
    Promise.resolve(
      new SingleSession(
        nodes[0],
        env,
        { timeout, maxExtensions: 0 },
        {
          ...comparing(nodes[0], timeout),
          take: (key, token) => call(nodes[0].shared, { name: 'SETNX', args: [key, token] }, timeout),
          freeing: (key) => ({ name: 'DEL', args: [key] }),
          expires: false,
        },
      ),
    ),
} satisfies LockStrategy<'redis', Pick<SingleOptions, 'timeout'>>;
