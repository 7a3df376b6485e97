/** A server that lost its data is kept out until every lease that it may have known is over. Source: Redis documentation, Redlock, "Performance, crash recovery and fsync". */
import type { Fault } from '../contract/index.js';
import { aim, names } from './aim.js';

/** Of the TTL. */
const outFor = 1.1;

export default {
  name: 'delayed-restart',
  help: 'SIGKILL of servers that know a held lock; back without their data after more than the longest lease',
  hits: 'servers',
  defaultTarget: '1',
  options: {},
  needs: { ownServers: true },
  async strike(lab) {
    const { victims, when } = await aim(lab);
    const atMs = lab.nowMs();
    await Promise.all(victims.map((server) => server.kill()));
    const outMs = Math.max(lab.fault.durationMs ?? 0, lab.ttlMs * outFor);
    let back: Promise<unknown> | null = null;
    const start = (): Promise<unknown> => (back ??= Promise.all(victims.map((server) => server.start('empty'))));
    return {
      what: `SIGKILL to ${names(victims)} ${when}; kept out for ${Math.round(outMs)} ms, back without its data`,
      atMs,
      hit: victims,
      lasts: lab.sleep(outMs),
      probe: () => Promise.resolve(null),
      heal: async () => void (await start()),
    };
  },
} satisfies Fault;
