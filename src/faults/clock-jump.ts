/** Source: Kleppmann, "How to do distributed locking", "Making Redlock safe": the clock on node C jumps forward. */
import type { Fault, FaultServer } from '../contract/index.js';
import { aim, names } from './aim.js';

interface JumpOptions {
  readonly by: number;
  readonly back: boolean;
}

/** Of the TTL, where the plan does not say. */
const pastLease = 2;

function toTrueTime(servers: readonly FaultServer[]): Promise<void> {
  for (const server of servers) server.setClock({ stepMs: 0, rate: 1 });
  return Promise.resolve();
}

export default {
  name: 'clock-jump',
  help: 'the wall clock of servers that know a held lock is stepped, past the end of every lease',
  hits: 'servers',
  defaultTarget: '1',
  breaksClocks: true,
  options: {
    by: { kind: 'duration', default: 0, minMs: 0, maxMs: 86_400_000, help: 'how far; 0 is twice the TTL' },
    back: { kind: 'boolean', default: false, help: 'step it back instead of forward' },
  },
  engines: ['redis', 'library'],
  needs: { ownServers: true, clockShim: true },
  async strike(lab, { by, back }) {
    const stepMs = (by === 0 ? lab.ttlMs * pastLease : by) * (back ? -1 : 1);
    const { victims, when, struck, probe } = await aim(lab);
    const atMs = lab.nowMs();
    // Forward again would be a jump that ends leases: a clock that was set back stays there.
    if (!back) lab.onHeal(() => toTrueTime(victims));
    for (const server of victims) server.setClock({ stepMs, rate: 1 });
    struck();
    return {
      what: `the clock of ${names(victims)} stepped by ${stepMs} ms ${when}`,
      atMs,
      hit: victims,
      async probe() {
        const ahead = await Promise.all(victims.map((server) => server.clockAheadMs()));
        const short = ahead.find((ms) => Math.abs(ms) < Math.abs(stepMs) / 2);
        return short === undefined ? probe() : `a clock is ${Math.round(short)} ms ahead, not ${stepMs}`;
      },
    };
  },
} satisfies Fault<JumpOptions>;
