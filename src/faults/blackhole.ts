/** Connections are accepted, and nothing answers ever: what a server looks like whose machine hangs behind a load balancer. */
import type { Fault } from '../contract/index.js';
import { changeLinks } from './links.js';

export default {
  name: 'blackhole',
  help: 'nothing answers, and nothing that was sent arrives',
  hits: 'network',
  defaultTarget: '1',
  clients: 'all',
  options: {},
  needs: { relay: true },
  strike: (lab) => changeLinks(lab, { requests: 'drop', replies: 'drop' }, 'a black hole before'),
} satisfies Fault;
