/** A server stands still, and goes on with what has come in meanwhile. */
import type { Fault } from '../contract/index.js';
import { names } from './aim.js';

export default {
  name: 'freeze',
  help: 'SIGSTOP of servers, SIGCONT after the duration',
  hits: 'servers',
  defaultTarget: '1',
  options: {},
  needs: { ownServers: true },
  async strike({ targets, nowMs, onHeal }) {
    onHeal(() => Promise.all(targets.map((server) => server.thaw())));
    await Promise.all(targets.map((server) => server.freeze()));
    return {
      what: `SIGSTOP to ${names(targets)}`,
      atMs: nowMs(),
      probe: () => Promise.resolve(null),
    };
  },
} satisfies Fault;
