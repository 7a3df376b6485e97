/** Servers are gone, and stay away. Without persistence they come back with nothing. */
import type { Fault } from '../contract/index.js';
import { names } from './aim.js';
import { killed } from './bounce.js';

export default {
  name: 'kill',
  help: 'SIGKILL of servers; after the duration they come back with what they had written',
  hits: 'servers',
  defaultTarget: '1',
  options: {},
  needs: { ownServers: true },
  async strike(lab) {
    const { targets, persistence } = lab;
    const atMs = lab.nowMs();
    await Promise.all(targets.map((server) => killed(lab, server)));
    const empty = persistence === 'none';
    return {
      what: `SIGKILL to ${names(targets)}${empty ? ', which have written nothing (--persistence none)' : ''}`,
      atMs,
      lost: empty ? targets : [],
      probe: () => Promise.resolve(null),
    };
  },
} satisfies Fault;
