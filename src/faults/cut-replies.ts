/** Requests arrive and are executed; nobody is told. */
import type { Fault } from '../contract/index.js';
import { changeLinks } from './links.js';

export default {
  name: 'cut-replies',
  help: 'requests are executed, their replies are lost',
  hits: 'network',
  defaultTarget: '1',
  clients: 'one',
  options: {},
  needs: { relay: true },
  strike: (lab) => changeLinks(lab, { replies: 'drop' }, 'the replies lost of'),
} satisfies Fault;
