/**
 * Servers' clocks run at another rate than the clients': fast ones end leases early. Holders are kept inside until their
 * validity is over, for that is where it shows. Source: Redis documentation, Redlock, "Is the algorithm asynchronous?"
 */
import type { Caught, Fault, FaultLab, FaultServer } from '../contract/index.js';
import { delay } from '../base/clock.js';
import { names } from './aim.js';

interface DriftOptions {
  readonly rate: number;
}

/** Up to the last moment of the lease. */
const keptInsideShare = 0.999;
/** Of the deviation asked for. */
const enough = 0.5;
/** For one grant; short, for the end of the fault waits for it. */
const catchLimitMs = 500;
/** Before it is tried again where nobody can be caught. */
const lookMs = 20;
const samples = 8;

/** Where it was answered soonest there is least doubt about when: a small drift is no more than a few milliseconds. */
async function aheadMs(lab: FaultLab, server: FaultServer): Promise<number> {
  let soonestMs = Infinity;
  let best = NaN;
  for (let i = 0; i < samples; i += 1) {
    const askedMs = lab.nowMs();
    const ms = await server.clockAheadMs();
    const tookMs = lab.nowMs() - askedMs;
    if (tookMs < soonestMs) [soonestMs, best] = [tookMs, ms];
  }
  return best;
}

export default {
  name: 'clock-drift',
  help: 'the wall clock of servers runs at another rate',
  hits: 'servers',
  defaultTarget: 'all',
  breaksClocks: true,
  options: { rate: { kind: 'number', default: 1.1, min: 0.1, max: 10, help: 'times the true rate' } },
  engines: ['redis', 'library'],
  needs: { ownServers: true, clockShim: true },
  async strike(lab, { rate }) {
    const { targets, contenders } = lab;
    const atMs = lab.nowMs();
    for (const server of targets) server.setClock({ stepMs: 0, rate });
    let over = false;
    let holder: Caught | null = null;
    const action = { kind: 'keep-inside', share: keptInsideShare, mostMs: lab.ttlMs } as const;
    const keepHolders = async (): Promise<void> => {
      while (!over) {
        holder = await contenders.catch('granted', 1, action, catchLimitMs);
        if (holder === null) await delay(lookMs);
        else if (over) holder.letGo();
        else await holder.over;
      }
    };
    const keeping = keepHolders();
    lab.onHeal(async () => {
      over = true;
      holder?.letGo();
      // The true time at once would be a jump: only the rate is set right.
      for (const server of targets) server.setClock({ stepMs: await server.clockAheadMs(), rate: 1 });
      await keeping;
    });
    return {
      what: `the clock of ${names(targets)} at ${rate} times the true rate, holders kept inside until their lease is over`,
      atMs,
      async probe() {
        const passedMs = lab.nowMs() - atMs;
        const ahead = await Promise.all(targets.map((server) => aheadMs(lab, server)));
        const right = ahead.every((ms) => ms / (passedMs * (rate - 1)) > enough || rate === 1);
        return right && rate !== 1 ? null : `the clocks are ${ahead.map((ms) => Math.round(ms)).join(', ')} ms ahead`;
      },
    };
  },
} satisfies Fault<DriftOptions>;
