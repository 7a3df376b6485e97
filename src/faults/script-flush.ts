/** An operator, or a restart, makes servers forget the scripts that clients loaded. */
import type { Fault } from '../contract/index.js';
import { names } from './aim.js';

export default {
  name: 'script-flush',
  help: 'SCRIPT FLUSH: servers forget the scripts that clients call by digest',
  hits: 'servers',
  defaultTarget: 'all',
  instant: true,
  options: {},
  engines: ['redis', 'library'],
  needs: { ownServers: true },
  async strike({ targets, nowMs }) {
    const answers = await Promise.all(targets.map((server) => server.call('SCRIPT', 'FLUSH', 'SYNC')));
    return {
      what: `SCRIPT FLUSH on ${names(targets)}`,
      atMs: nowMs(),
      probe: () =>
        Promise.resolve(answers.every((answer) => answer === 'OK') ? null : `answered ${answers.join(', ')}`),
    };
  },
} satisfies Fault;
