/**
 * What the two promotions have in common. The script: a holder is kept inside, the primary dies, the replica becomes
 * primary, clients and the other replicas follow it. In the end the old primary comes back, empty, as a replica.
 */
import type { Caught, FaultLab, FaultServer } from '../contract/index.js';

export function anyReplica(lab: FaultLab): FaultServer {
  const replicas = lab.servers.slice(1);
  return replicas[Math.floor(lab.random() * replicas.length)]!;
}

/** Of its validity: what is left is for the write that ends a section. */
const keptInsideShare = 0.9;
const shortlyMs = 20;

export function keepHolder(lab: FaultLab, patienceMs = lab.patienceMs): Promise<Caught | null> {
  return lab.contenders.catch('granted', 1, { kind: 'keep-inside', share: keptInsideShare }, patienceMs);
}

/**
 * Cuts the replica off, and waits for a grant that it does not know. Where it knows an older grant of that lock, whose
 * release it has missed, it is let catch up first: it would go on to refuse everybody until that older lease is over.
 * Null when nothing was granted while it was cut off.
 */
export async function cutOffAndKeepHolder(lab: FaultLab, replica: FaultServer): Promise<Caught | null> {
  const link = lab.replicationLink(replica);
  const untilMs = lab.nowMs() + lab.patienceMs;
  for (;;) {
    await link.set({ requests: 'hold', replies: 'hold' });
    const holder = await keepHolder(lab, untilMs - lab.nowMs());
    if (holder === null) return null;
    if ((await replica.call('GET', lab.keyPrefix + holder.key)) === null) return holder;
    holder.letGo();
    await link.set({ requests: 'pass', replies: 'pass' });
    await lab.sleep(shortlyMs * lab.random());
  }
}

export async function promote(lab: FaultLab, chosen: FaultServer): Promise<void> {
  const [primary, ...replicas] = lab.servers;
  await primary!.kill();
  await lab.replicationLink(chosen).reset();
  await chosen.call('REPLICAOF', 'NO', 'ONE');
  await lab.movePrimary(chosen);
  await Promise.all(replicas.filter((server) => server !== chosen).map((server) => lab.follow(server, chosen)));
}

export async function bringBack(lab: FaultLab, chosen: FaultServer): Promise<void> {
  const [primary] = lab.servers;
  await primary!.start('empty');
  await lab.follow(primary!, chosen);
}
