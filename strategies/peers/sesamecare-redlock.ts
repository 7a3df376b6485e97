/**
 * @sesamecare-oss/redlock 1.4.0, a fork of redlock 5 that is maintained. Source: its README, "Usage" and "Configuration".
 * The end of validity is counted from the try that was granted, less one hundredth of the TTL and 2 ms.
 */
import type { LockStrategy } from '../../src/contract/index.js';
import { importPackage } from '../../src/base/packages.js';
import { judgeQuorum } from './claims.js';
import { peerOptions, quorumTimeoutMs, type PeerOptions } from './profiles.js';
import { openRedlock5, type RedlockConstructor } from './redlock5-like.js';

export default {
  name: 'sesamecare-redlock',
  help: '@sesamecare-oss/redlock 1.4.0: a maintained fork of redlock 5',
  engine: 'library',
  topology: 'quorum',
  library: '@sesamecare-oss/redlock',
  clients: ['ioredis'],
  options: peerOptions(quorumTimeoutMs),
  judge: judgeQuorum({ waitsAsAsked: false }),
  async open(servers, env, options) {
    const library = await importPackage<{ readonly Redlock: RedlockConstructor }>('@sesamecare-oss/redlock');
    return openRedlock5(servers, env, options, library.Redlock);
  },
} satisfies LockStrategy<'library', PeerOptions>;
