/**
 * The primary is gone, and sentinels promote a replica by themselves. Where the newest lock had not reached any replica, who
 * holds it goes on holding, and the new primary lets the next one in (f1 of the matrix). Source: Redis documentation,
 * "High availability with Redis Sentinel", "Fundamental things to know about Sentinel before deploying".
 */
import type { Caught, Fault, FaultLab, FaultServer } from '../contract/index.js';
import { keepHolder } from './aim.js';
import {
  cutOffReplicas,
  demoteOld,
  masterNameOf,
  promotedIn,
  stepsOf,
  watchPromotion,
  withoutSentinels,
} from './sentinel.js';

interface SentinelFailoverOptions {
  readonly how: 'lagging' | 'kill' | 'command';
}

interface Blow {
  readonly atMs: number;
  readonly what: string;
  readonly holder: Caught | null;
  /** What the lock was worth to the replicas, in words. */
  readonly held: string;
  /** Why it could show nothing; null where it could. */
  readonly untold: string | null;
}

async function strikeBlow(lab: FaultLab, how: SentinelFailoverOptions['how']): Promise<Blow> {
  if (how === 'lagging') return killLagging(lab);
  const holder = await keepHolder(lab);
  const held = holder === null ? 'nobody held a lock' : `${holder.name} held key ${holder.key}`;
  if (how === 'kill') {
    await lab.servers[0]!.kill();
    return { atMs: lab.nowMs(), what: 'SIGKILL to the primary', holder, held, untold: null };
  }
  const [sentinel] = lab.sentinels;
  await sentinel!.call('SENTINEL', 'FAILOVER', await masterNameOf(sentinel!));
  return { atMs: lab.nowMs(), what: `SENTINEL FAILOVER to ${sentinel!.name}`, holder, held, untold: null };
}

/** What is on its way to the replicas dies with it. */
async function killLagging(lab: FaultLab): Promise<Blow> {
  const [primary, replica] = lab.servers;
  const link = lab.replicationLink(replica!);
  lab.onHeal(() => link.set({ requests: 'pass', replies: 'pass' }));
  const { holder, tried } = await cutOffReplicas(lab);
  await primary!.kill();
  const atMs = lab.nowMs();
  await link.reset();
  await link.set({ requests: 'pass', replies: 'pass' });
  const held =
    holder === null
      ? `no lock was granted while the replicas lagged, though ${tried} acquires had reached the primary`
      : `${holder.name} held key ${holder.key}, of which no replica knew`;
  const untold = holder !== null || tried > 1 ? null : 'nobody took the lock while the replicas lagged';
  return { atMs, what: 'SIGKILL to the primary', holder, held, untold };
}

/** An old primary that is alive goes on granting until clients are told; the new one knows nothing of that. */
async function grantedInVain(lab: FaultLab, promoted: FaultServer): Promise<boolean> {
  const [primary] = lab.servers;
  const keys = (await primary!.call('KEYS', `${lab.keyPrefix}*`)) as readonly string[];
  const values = await Promise.all(
    keys.map((key) => Promise.all([primary!, promoted].map((server) => server.call('GET', key)))),
  );
  return values.some(([old, now]) => old !== null && old !== now);
}

async function isLost(lab: FaultLab, { holder }: Blow, how: string, promoted: FaultServer): Promise<boolean> {
  if (how === 'command' && (await grantedInVain(lab, promoted))) return true;
  if (holder === null) return false;
  if (how === 'lagging') return true;
  const isOver = holder.validUntilMs !== null && lab.nowMs() >= holder.validUntilMs;
  return !isOver && (await promoted.call('GET', lab.keyPrefix + holder.key)) === null;
}

/** A lease that is over when the next one can be let in shows nothing but the outage. */
function tooLate({ holder }: Blow, promotedMs: number): string {
  const { validUntilMs = null } = holder ?? {};
  if (validUntilMs === null || promotedMs < validUntilMs) return '';
  return `, ${Math.round(promotedMs - validUntilMs)} ms after that lease was over (a longer --ttl shows who is let in)`;
}

export default {
  name: 'sentinel-failover',
  help: 'the primary dies and sentinels promote a replica, which had not received the newest lock',
  hits: 'replication',
  defaultTarget: 'primary',
  options: {
    how: {
      kind: 'choice',
      default: 'lagging',
      choices: ['lagging', 'kill', 'command'],
      help: 'lagging: no replica has the newest lock; kill: as it comes; command: SENTINEL FAILOVER',
    },
  },
  needs: { ownServers: true, relay: true, replicationRelay: true },
  refuses: withoutSentinels,
  async strike(lab, { how }) {
    const [primary] = lab.servers;
    let promoted: FaultServer | null = null;
    const dies = how !== 'command';
    lab.onHeal(async () => {
      // Whatever it had written is of the past.
      if (dies) await primary!.start('empty').catch(() => {});
      if (promoted !== null) await demoteOld(lab, promoted);
    });
    const promotionAfter = await watchPromotion(lab);
    const blow = await strikeBlow(lab, how);
    const promotion = await promotionAfter();
    const told = `${blow.held}; ${blow.what}`;
    if (promotion === null)
      return { what: told, atMs: blow.atMs, probe: () => Promise.resolve('the sentinels promoted nobody') };

    promoted = promotion.server;
    return {
      what: `${told}; ${promotedIn(promotion, blow.atMs)}${tooLate(blow, promotion.toldMs)}`,
      atMs: blow.atMs,
      steps: [{ atMs: blow.atMs, what: blow.what }, ...stepsOf(promotion)],
      lost: (await isLost(lab, blow, how, promoted)) ? [promoted] : [],
      lasts: Promise.resolve(),
      probe: () => Promise.resolve(blow.untold),
    };
  },
} satisfies Fault<SentinelFailoverOptions>;
