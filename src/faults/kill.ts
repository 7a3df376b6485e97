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
    const { targets, persistence, claims } = lab;
    const atMs = lab.nowMs();
    await Promise.all(targets.map((server) => killed(lab, server)));
    const unwritten =
      claims.volatile === true
        ? ': locks are kept in memory alone'
        : persistence === 'none'
          ? ': nothing was written (--persistence none)'
          : null;
    return {
      what: `SIGKILL to ${names(targets)}${unwritten ?? ''}`,
      atMs,
      lost: unwritten === null ? [] : targets,
      probe: () => Promise.resolve(null),
    };
  },
} satisfies Fault;
