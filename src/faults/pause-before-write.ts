/**
 * A holder finds its lease valid, stands still, and then writes. No check of the lease by the holder can help; only the
 * resource can refuse the write. Source: Kleppmann, "How to do distributed locking", "Making the lock safe with fencing".
 */
import type { Fault } from '../contract/index.js';
import { pauseAt } from './pause.js';

export default {
  name: 'pause-before-write',
  help: 'a holder stands still between its last check of the lease and its write',
  hits: 'contender',
  defaultTarget: '',
  events: ['checked'],
  options: {},
  needs: { resource: true },
  strike: (lab) => pauseAt(lab, 'checked', 'between its last check and its write under'),
} satisfies Fault;
