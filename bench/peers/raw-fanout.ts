/** The bare commands on several servers at once. */
import type { LockStrategy } from '../../src/contract/index.js';
import { judgeQuorum } from '../../strategies/peers/claims.js';
import { peerOptions, type PeerOptions } from '../../strategies/peers/profiles.js';
import { openRaw } from './raw-session.js';

export default {
  name: 'raw-fanout',
  help: 'the bare commands of a lock on several Redis, by the clients themselves',
  engine: 'library',
  topology: 'quorum',
  clients: ['ioredis', 'node-redis'],
  options: peerOptions(500),
  judge: judgeQuorum({ waitsAsAsked: false }),
  open: openRaw,
} satisfies LockStrategy<'library', PeerOptions>;
