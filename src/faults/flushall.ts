/** An operator empties servers while a lock is held. */
import type { Fault } from '../contract/index.js';
import { aim, names } from './aim.js';

export default {
  name: 'flushall',
  help: 'FLUSHALL on servers that know a held lock',
  hits: 'servers',
  defaultTarget: '1',
  instant: true,
  breaks: 'data',
  options: {},
  needs: { ownServers: true },
  async strike(lab) {
    const { victims, when } = await aim(lab);
    const keys = await Promise.all(victims.map((server) => server.call('DBSIZE')));
    const atMs = lab.nowMs();
    await Promise.all(victims.map((server) => server.call('FLUSHALL', 'SYNC')));
    return {
      what: `FLUSHALL on ${names(victims)} ${when}`,
      atMs,
      hit: victims,
      probe: () => Promise.resolve(keys.every((count) => Number(count) > 0) ? null : 'there was nothing to lose'),
      heal: () => Promise.resolve(),
    };
  },
} satisfies Fault;
