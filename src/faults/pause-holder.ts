/** Source: Kleppmann, "How to do distributed locking", "Protecting a resource with a lock": the client that pauses while it holds. */
import type { Fault } from '../contract/index.js';
import { pauseAt } from './pause.js';

export default {
  name: 'pause-holder',
  help: 'a holder stands still for longer than its lease (+DURATION says for how long)',
  hits: 'contender',
  defaultTarget: '',
  events: ['granted'],
  options: {},
  needs: {},
  strike: (lab) => pauseAt(lab, 'granted', 'while it held'),
} satisfies Fault;
