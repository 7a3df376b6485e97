/** A partition: nothing passes either way. What was on its way arrives when it heals, as TCP would send it again. */
import type { Fault } from '../contract/index.js';
import { changeLinks } from './links.js';

export default {
  name: 'cut',
  help: 'a partition: nothing passes either way, and arrives late when it heals',
  hits: 'network',
  defaultTarget: '1',
  clients: 'one',
  options: {},
  needs: { relay: true },
  strike: (lab) => changeLinks(lab, { requests: 'hold', replies: 'hold' }, 'cut off'),
} satisfies Fault;
