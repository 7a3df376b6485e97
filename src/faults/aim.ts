/**
 * A fault that must hit a lock while it is held is aimed: one holder is kept inside for most of its validity, which it may
 * be by the lock's own promise, and the servers that are hit are among those that know its lock. Where several servers
 * must agree, most grants are known to all of them, and losing one tells nothing; so a grant is waited for that leaves
 * the others enough to let a second one in. Such grants come about by contention, or by a partition.
 */
import type { Caught, FaultLab, FaultServer } from '../contract/index.js';

export interface Aimed {
  readonly holder: Caught;
  readonly victims: readonly FaultServer[];
  /** "while w0.1 held key 0 on master 1, master 2, master 4" */
  readonly when: string;
}

/** Of its validity: what is left is for the write that ends a section. */
const keptInsideShare = 0.9;
/** Of the patience: after that any grant will do. */
const choosyShare = 0.8;

/** Rejects when nobody was granted the lock within the patience. */
export async function aim(lab: FaultLab): Promise<Aimed> {
  const startMs = lab.nowMs();
  const { toleratesDown } = lab.claims;
  const masters = mastersOf(lab).length;
  // Where even the fewest that may know a lock are too many, no grant is worth waiting for.
  const worthIt = masters - toleratesDown - lab.targets.length <= toleratesDown;
  for (;;) {
    const leftMs = lab.patienceMs - (lab.nowMs() - startMs);
    const action = { kind: 'keep-inside', share: keptInsideShare, mostMs: lab.ttlMs } as const;
    const holder = leftMs > 0 ? await lab.contenders.catch('granted', 1, action, leftMs) : null;
    if (holder === null) throw new Error(`nobody was granted the lock within ${Math.round(lab.patienceMs)} ms`);
    const knowing = await knownTo(lab, holder);
    const victims = choose(lab, knowing);
    const telling = knowing.length - victims.length <= toleratesDown;
    const choosy = worthIt && lab.nowMs() - startMs < choosyShare * lab.patienceMs;
    const all = victims.every((server) => knowing.includes(server));
    if (knowing.length === 0 || (telling && all) || !choosy) {
      const where = knowing.length === 0 ? '' : ` on ${names(knowing)}`;
      return { holder, victims, when: `while ${holder.name} held key ${holder.key}${where}` };
    }
    holder.letGo();
  }
}

export function names(servers: readonly FaultServer[]): string {
  return servers.map(({ name }) => name).join(', ');
}

/** Those that clients ask. */
export function mastersOf({ topology, servers }: FaultLab): readonly FaultServer[] {
  return topology.kind === 'replicated' ? servers.slice(0, 1) : servers;
}

/** The masters where the lock is that of the one who was caught. */
export async function knownTo(lab: FaultLab, { key, token }: Caught): Promise<readonly FaultServer[]> {
  const masters = mastersOf(lab);
  const values = await Promise.allSettled(masters.map((server) => server.call('GET', lab.keyPrefix + key)));
  return masters.filter((_, i) => {
    const value = values[i];
    return value.status === 'fulfilled' && value.value !== null && value.value === token;
  });
}

/** Where the plan only says how many, those that know the lock. */
function choose(lab: FaultLab, knowing: readonly FaultServer[]): readonly FaultServer[] {
  const count = lab.targets.length;
  if (!/^(\d+|minority|majority)/.test(lab.fault.target) || knowing.length < count) return lab.targets;
  const drawn = lab.targets.filter((server) => knowing.includes(server));
  const others = knowing.filter((server) => !drawn.includes(server));
  while (drawn.length < count) drawn.push(...others.splice(Math.floor(lab.random() * others.length), 1));
  return drawn;
}
