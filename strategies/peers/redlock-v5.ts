/**
 * redlock 5.0.0-beta.2, the latest of the line that its README describes. Source: its README, "Usage" and "Configuration".
 * The end of validity is counted from before the first try.
 */
import type { LockStrategy } from '../../src/contract/index.js';
import { importPackage } from '../../src/base/packages.js';
import { judgeQuorum } from './claims.js';
import { peerOptions, quorumTimeoutMs, type PeerOptions } from './profiles.js';
import { openRedlock5, type RedlockConstructor } from './redlock5-like.js';

export default {
  name: 'redlock-v5',
  help: 'redlock 5.0.0-beta.2: all masters asked at once, decided at quorum, retries of its own',
  engine: 'library',
  topology: 'quorum',
  library: 'redlock-v5',
  clients: ['ioredis'],
  options: peerOptions(quorumTimeoutMs),
  judge: judgeQuorum({ waitsAsAsked: false }),
  async open(servers, env, options) {
    const library = await importPackage<{ readonly default: RedlockConstructor }>('redlock-v5');
    return openRedlock5(servers, env, options, library.default);
  },
} satisfies LockStrategy<'library', PeerOptions>;
