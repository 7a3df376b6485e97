/** Servers are gone, and stay away. */
import type { Fault } from '../contract/index.js';
import { names } from './aim.js';

export default {
  name: 'kill',
  help: 'SIGKILL of servers; they come back after the duration, with what they had written',
  hits: 'servers',
  defaultTarget: '1',
  options: {},
  needs: { ownServers: true },
  async strike({ targets, nowMs }) {
    const atMs = nowMs();
    await Promise.all(targets.map((server) => server.kill()));
    return {
      what: `SIGKILL to ${names(targets)}`,
      atMs,
      probe: () => Promise.resolve(null),
      heal: async () => void (await Promise.all(targets.map((server) => server.start('kept')))),
    };
  },
} satisfies Fault;
