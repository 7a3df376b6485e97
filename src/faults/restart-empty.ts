/** Source: Kleppmann, "How to do distributed locking": node C crashes before it has stored the lock, and restarts at once. */
import type { Fault } from '../contract/index.js';
import { bounce } from './bounce.js';

export default {
  name: 'restart-empty',
  help: 'SIGKILL of servers that know a held lock; back at once without their data',
  hits: 'servers',
  defaultTarget: '1',
  instant: true,
  options: {},
  engines: ['redis', 'library'],
  needs: { ownServers: true },
  strike: (lab) => bounce(lab, 'empty', 'without its data'),
} satisfies Fault;
