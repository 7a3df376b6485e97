/**
 * A partition with the old primary and one client on one side; sentinels, replicas and all other clients on the other, where
 * a replica is promoted. Both primaries grant the lock (f5 of the matrix), and when the partition heals the old one is
 * demoted: what it acknowledged meanwhile is lost. `minReplicas` is what bounds that: a primary that has heard of too few
 * replicas for `maxLag` seconds refuses writes. Source: Redis documentation, "High availability with Redis Sentinel",
 * "Example 2: basic setup with three boxes".
 */
import type { Fault, FaultLab, FaultServer } from '../contract/index.js';
import { keepHolder } from './aim.js';
import { demoteOld, promotedIn, stepsOf, watchPromotion, withoutSentinels } from './sentinel.js';

interface SplitBrainOptions {
  readonly minReplicas: number;
  readonly maxLag: number;
}

/** By these a lock is asked for, whatever the design. */
const asking = /^cmdstat_(?:set|setnx|eval|evalsha):.*?calls=(\d+).*?rejected_calls=(\d+)/gm;

/** How often locks were asked for or given back there since it was started, refusals included. */
async function askedAt(server: FaultServer): Promise<number> {
  const stats = String(await server.call('INFO', 'commandstats'));
  return [...stats.matchAll(asking)].reduce((sum, [, calls, refused]) => sum + Number(calls) + Number(refused), 0);
}

/** Of ours alone, so back to the default. */
async function bound({ servers, onHeal }: FaultLab, { minReplicas, maxLag }: SplitBrainOptions): Promise<void> {
  if (minReplicas === 0) return;
  const each = (count: number): Promise<unknown> =>
    Promise.all(
      servers.map(async (server) => {
        await server.call('CONFIG', 'SET', 'min-replicas-max-lag', maxLag);
        await server.call('CONFIG', 'SET', 'min-replicas-to-write', count);
      }),
    );
  onHeal(() => each(0));
  await each(minReplicas);
}

/** The name of the client on the old side: "worker 0". */
async function divide(lab: FaultLab): Promise<string> {
  const [primary, ...replicas] = lab.servers;
  const away = lab.links([...replicas, ...lab.sentinels]);
  const links = [lab.replicationLink(replicas[0]!), ...away, ...lab.links([primary!], 'others')];
  lab.onHeal(() => Promise.all(links.map((link) => link.set({ requests: 'pass', replies: 'pass' }))));
  await Promise.all(links.map((link) => link.set({ requests: 'hold', replies: 'hold' })));
  return away[0]!.name.split(' to ')[0]!;
}

export default {
  name: 'split-brain',
  help: 'the old primary and one client are cut off from the rest, where sentinels promote a replica',
  hits: 'replication',
  defaultTarget: 'primary',
  clients: 'one',
  options: {
    minReplicas: { kind: 'integer', default: 0, min: 0, max: 16, help: 'min-replicas-to-write of all servers' },
    maxLag: { kind: 'integer', default: 10, min: 1, max: 60, help: 'min-replicas-max-lag, in seconds' },
  },
  needs: { ownServers: true, relay: true, replicationRelay: true },
  refuses: withoutSentinels,
  async strike(lab, options) {
    const [primary] = lab.servers;
    let promoted: FaultServer | null = null;
    await bound(lab, options);
    lab.onHeal(async () => {
      if (promoted !== null) await demoteOld(lab, promoted);
    });
    const promotionAfter = await watchPromotion(lab);
    const client = await divide(lab);
    const atMs = lab.nowMs();
    const promotion = await promotionAfter();
    const what = `the primary and ${client} cut off from sentinels, replicas and the other clients`;
    if (promotion === null) return { what, atMs, probe: () => Promise.resolve('the sentinels promoted nobody') };

    promoted = promotion.server;
    const sides = [primary!, promoted];
    const before = await Promise.all(sides.map(askedAt));
    const holder = await keepHolder(lab);
    const held =
      holder === null ? 'then nobody was granted the lock' : `then ${holder.name} was granted key ${holder.key}`;
    return {
      what: `${what}; ${promotedIn(promotion, atMs)}; ${held}`,
      atMs,
      steps: [{ atMs, what }, ...stepsOf(promotion)],
      lost: [primary!],
      async probe() {
        const after = await Promise.all(sides.map(askedAt));
        const silent = sides.find((_, i) => after[i]! <= before[i]!);
        return silent === undefined ? null : `nobody asked ${silent.name} for a lock after the promotion`;
      },
    };
  },
} satisfies Fault<SplitBrainOptions>;
