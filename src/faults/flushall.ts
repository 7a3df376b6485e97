/** An operator empties servers while a lock is held. */
import type { Fault } from '../contract/index.js';
import { aim, names } from './aim.js';

export default {
  name: 'flushall',
  help: 'FLUSHALL on servers that know a held lock',
  hits: 'servers',
  defaultTarget: '1',
  instant: true,
  options: {},
  engines: ['redis', 'library'],
  needs: { ownServers: true },
  async strike(lab) {
    const { victims, when, struck, probe } = await aim(lab);
    const atMs = lab.nowMs();
    await Promise.all(victims.map((server) => server.call('FLUSHALL', 'SYNC')));
    struck();
    return { what: `FLUSHALL on ${names(victims)} ${when}`, atMs, hit: victims, lost: victims, probe };
  },
} satisfies Fault;
