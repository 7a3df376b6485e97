/**
 * Servers' clocks run at another rate than the clients': fast ones end leases early. Holders are kept inside until their
 * validity is over, for that is where it shows. Source: Redis documentation, Redlock, "Is the algorithm asynchronous?"
 */
import type { Fault } from '../contract/index.js';
import { names } from './aim.js';

interface DriftOptions {
  readonly rate: number;
}

/** Up to the last moment of the lease. */
const keptInsideShare = 0.999;
/** Of the deviation asked for. */
const enough = 0.5;

export default {
  name: 'clock-drift',
  help: 'the wall clock of servers runs at another rate',
  hits: 'servers',
  defaultTarget: 'all',
  breaks: 'clock',
  options: { rate: { kind: 'number', default: 1.1, min: 0.1, max: 10, help: 'times the true rate' } },
  needs: { ownServers: true, clockShim: true },
  async strike(lab, { rate }) {
    const { targets, contenders } = lab;
    const atMs = lab.nowMs();
    for (const server of targets) server.setClock({ stepMs: 0, rate });
    let over = false;
    const keepHolders = async (): Promise<void> => {
      while (!over) {
        const caught = await contenders.catch(
          'granted',
          1,
          { kind: 'keep-inside', share: keptInsideShare },
          lab.patienceMs,
        );
        await caught?.over;
      }
    };
    const keeping = keepHolders();
    return {
      what: `the clock of ${names(targets)} at ${rate} times the true rate, holders kept inside until their lease is over`,
      atMs,
      async probe() {
        const passedMs = lab.nowMs() - atMs;
        const ahead = await Promise.all(targets.map((server) => server.clockAheadMs()));
        const right = ahead.every((ms) => ms / (passedMs * (rate - 1)) > enough || rate === 1);
        return right && rate !== 1 ? null : `the clocks are ${ahead.map((ms) => Math.round(ms)).join(', ')} ms ahead`;
      },
      heal: async () => {
        over = true;
        for (const server of targets) server.setClock({ stepMs: 0, rate: 1 });
        await keeping;
      },
    };
  },
} satisfies Fault<DriftOptions>;
