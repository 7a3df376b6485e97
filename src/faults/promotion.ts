/**
 * What the two promotions have in common. The script: a holder is kept inside, the primary dies, the replica becomes
 * primary, clients and the other replicas follow it. In the end the old primary comes back, empty, as a replica.
 */
import type { Caught, FaultLab, FaultServer, Topology } from '../contract/index.js';
import { delay } from '../base/clock.js';
import { keepHolder } from './aim.js';

/** Where sentinels watch they would promote another one, or take ours back. */
export function onlyWithoutSentinels({ topology: { kind } }: { readonly topology: Topology }): string | null {
  if (kind === 'sentinel') return 'there the sentinels promote: use sentinel-failover';
  return kind === 'replicated' ? null : 'there is no replica to promote';
}

export function anyReplica(lab: FaultLab): FaultServer {
  const replicas = lab.servers.slice(1);
  return replicas[Math.floor(lab.random() * replicas.length)]!;
}

const shortlyMs = 20;
/** A replica that was sent everything is told what is new only after its next report, once a second. */
const inStepLimitMs = 3000;
const lookMs = 5;
const sampleMs = 25;

export interface CutOff {
  readonly atMs: number;
  /** Null when nothing was granted while it was cut off. */
  readonly holder: Caught | null;
  /** How many different acquires had the lock at the primary meanwhile, for a moment or for good. */
  readonly tried: number;
}

/**
 * Cuts the replica off, and waits for a grant that it does not know. Where it knows an older grant of that lock, whose
 * release it has missed, it is let catch up first: it would go on to refuse everybody until that older lease is over.
 */
export async function cutOff(lab: FaultLab, replica: FaultServer): Promise<CutOff> {
  const link = lab.replicationLink(replica);
  const untilMs = lab.nowMs() + lab.patienceMs;
  for (;;) {
    await link.set({ requests: 'hold', replies: 'hold' });
    const atMs = lab.nowMs();
    const watch = watchPrimary(lab);
    const holder = await keepHolder(lab, untilMs - lab.nowMs());
    const tried = watch();
    if (holder === null) return { atMs, holder, tried };
    if ((await replica.call('GET', lab.keyPrefix + holder.key)) === null) return { atMs, holder, tried };
    holder.letGo();
    await link.set({ requests: 'pass', replies: 'pass' });
    await lab.sleep(shortlyMs * lab.random());
  }
}

/** Counts the different values that locks have at the primary, until it is asked for them. */
export function watchPrimary(lab: FaultLab): () => number {
  const values = new Set<string>();
  let over = false;
  const look = async (): Promise<void> => {
    while (!over) {
      const keys = (await lab.servers[0]!.call('KEYS', `${lab.keyPrefix}*`)) as readonly string[];
      for (const key of keys) {
        const value = await lab.servers[0]!.call('GET', key);
        if (typeof value === 'string') values.add(value);
      }
      await lab.sleep(sampleMs);
    }
  };
  void look().catch(() => {});
  return () => {
    over = true;
    return values.size;
  };
}

/** When the primary was killed, and when the replica had taken its place. */
export async function promote(
  lab: FaultLab,
  chosen: FaultServer,
): Promise<{ readonly killedMs: number; readonly promotedMs: number }> {
  const [primary, ...replicas] = lab.servers;
  await primary!.kill();
  const killedMs = lab.nowMs();
  lab.onHeal(() => bringBack(lab, chosen));
  await lab.replicationLink(chosen).reset();
  await chosen.call('REPLICAOF', 'NO', 'ONE');
  const promotedMs = lab.nowMs();
  await lab.movePrimary(chosen);
  await Promise.all(replicas.filter((server) => server !== chosen).map((server) => lab.follow(server, chosen)));
  return { killedMs, promotedMs };
}

async function bringBack(lab: FaultLab, chosen: FaultServer): Promise<void> {
  await lab.servers[0]!.start('empty');
  await demote(lab, chosen, inStepLimitMs);
}

/** The old primary follows the chosen one; resolves when all servers are in step. */
export async function demote(lab: FaultLab, chosen: FaultServer, limitMs: number): Promise<void> {
  const [primary] = lab.servers;
  await lab.follow(primary!, chosen);
  const wanted = await offsetOf(chosen, 'master_repl_offset');
  const untilMs = lab.nowMs() + limitMs;
  while ((await inStep(chosen, wanted)) < lab.servers.length - 1) {
    if (lab.nowMs() > untilMs) throw new Error(`${primary!.name} came back and did not catch up`);
    await delay(lookMs);
  }
}

/** How many replicas have reported that they are so far. */
async function inStep(leader: FaultServer, offset: number): Promise<number> {
  const info = String(await leader.call('INFO', 'replication'));
  return [...info.matchAll(/^slave\d+:.*offset=(\d+)/gm)].filter(([, reported]) => Number(reported) >= offset).length;
}

/** How far it is in the stream of writes; NaN where it does not say. */
export async function offsetOf(server: FaultServer, field: string): Promise<number> {
  const info = String(await server.call('INFO', 'replication'));
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? NaN);
}
