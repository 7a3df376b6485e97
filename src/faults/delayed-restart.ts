/** A server that lost its data is kept out until every lease that it may have known is over. Source: Redis documentation, Redlock, "Performance, crash recovery and fsync". */
import type { Fault } from '../contract/index.js';
import { delay } from '../base/clock.js';
import { aim, names } from './aim.js';

/** Of the TTL. */
const outFor = 1.1;
/** How long the end of a run is kept waiting for it. */
const waitAtEndMs = 5000;

export default {
  name: 'delayed-restart',
  help: 'SIGKILL of servers that know a held lock; back without their data after more than the longest lease',
  hits: 'servers',
  defaultTarget: '1',
  options: {},
  engines: ['redis', 'library'],
  needs: { ownServers: true },
  async strike(lab) {
    const { victims, when, struck, probe } = await aim(lab);
    const atMs = lab.nowMs();
    const outMs = Math.max(lab.fault.durationMs ?? 0, lab.ttlMs * outFor);
    const leftMs = (): number => atMs + outMs - lab.nowMs();
    for (const server of victims) {
      await server.kill();
      // Contenders go on for a moment when the run has ended: back too early it would do what it is to prevent.
      lab.onHeal(async () => {
        if (leftMs() > waitAtEndMs) throw new Error('the run ended long before it was to come back');
        await delay(Math.max(0, leftMs()));
        await server.start('empty');
      });
    }
    struck();
    return {
      what: `SIGKILL to ${names(victims)} ${when}; kept out for ${Math.round(outMs)} ms, back without its data`,
      atMs,
      hit: victims,
      emptied: victims,
      lasts: lab.sleep(outMs),
      probe: async () => (leftMs() <= 0 ? probe() : Promise.resolve('the run ended before it was to come back')),
    };
  },
} satisfies Fault;
