/** The bare commands on one server. */
import type { LockStrategy } from '../../src/contract/index.js';
import { judgeSingle } from '../../strategies/peers/claims.js';
import { peerOptions, type PeerOptions } from '../../strategies/peers/profiles.js';
import { openRaw } from './raw-session.js';

export default {
  name: 'raw',
  help: 'the bare commands of a lock on one Redis, by the client itself',
  engine: 'library',
  topology: 'single',
  clients: ['ioredis', 'node-redis'],
  options: peerOptions(500),
  judge: judgeSingle({ waitsAsAsked: false }),
  open: openRaw,
} satisfies LockStrategy<'library', PeerOptions>;
