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
  /** To be called when the blow has fallen. */
  struck(): void;
  /** Why the blow could show nothing; null where it could. */
  probe(): Promise<string | null>;
}

/** Of its validity: what is left is for the write that ends a section. */
const keptInsideShare = 0.9;
/** Of the patience: after that any grant will do. */
const choosyShare = 0.8;
/** A server that stands still must not cost the moment. */
const askLimitMs = 200;

/** Rejects when no grant came within the patience. */
export async function aim(lab: FaultLab): Promise<Aimed> {
  const startMs = lab.nowMs();
  // Where even the fewest that may know a lock are too many, no grant is worth waiting for.
  const worthIt = mastersOf(lab).length - lab.claims.toleratesDown - lab.targets.length <= lab.claims.toleratesDown;
  for (;;) {
    const leftMs = lab.aimPatienceMs - (lab.nowMs() - startMs);
    const holder = leftMs > 0 ? await keepHolder(lab, leftMs) : null;
    if (holder === null) throw new Error(`no grant came in time to be hit (${Math.round(lab.aimPatienceMs)} ms)`);
    const knowing = await knownTo(lab, holder);
    const victims = choose(lab, knowing);
    const why = whyUntelling(lab, knowing, victims);
    const choosy = worthIt && lab.nowMs() - startMs < choosyShare * lab.aimPatienceMs;
    if (isHeld(lab, holder) && (why === null || !choosy)) return aimedAt(lab, holder, knowing, victims, why);
    holder.letGo();
  }
}

/** Null when nobody was granted the lock within the patience. */
export function keepHolder(lab: FaultLab, patienceMs = lab.patienceMs): Promise<Caught | null> {
  const action = { kind: 'keep-inside', share: keptInsideShare, mostMs: lab.ttlMs } as const;
  return lab.contenders.catch('granted', 1, action, patienceMs);
}

export function names(servers: readonly FaultServer[]): string {
  return servers.map(({ name }) => name).join(', ');
}

/** Those that clients ask. */
export function mastersOf({ topology, servers }: FaultLab): readonly FaultServer[] {
  return topology.replicas > 0 ? servers.slice(0, 1) : servers;
}

/** The masters where the lock is that of the one who was caught: under its name or another that holds it. */
export async function knownTo(lab: FaultLab, { key, token }: Caught): Promise<readonly FaultServer[]> {
  const masters = mastersOf(lab);
  const patience = lab.sleep(askLimitMs).then(() => false);
  const known = await Promise.all(
    masters.map((server) => Promise.race([knows(server, lab.keyPrefix + key, token).catch(() => false), patience])),
  );
  return masters.filter((_, i) => known[i]);
}

async function knows(server: FaultServer, name: string, token: string | null): Promise<boolean> {
  const found = (await server.call('KEYS', `*${name.replace(/[\\*?[\]^]/g, '\\$&')}*`)) as readonly string[];
  const values = await Promise.all(found.map((key) => server.call('GET', key).catch(() => token)));
  return values.some((value) => value !== null && (token === null || String(value).includes(token)));
}

/** Where the plan only says how many, those that know the lock, and no other fault is aimed at. */
function choose(lab: FaultLab, knowing: readonly FaultServer[]): readonly FaultServer[] {
  const count = lab.targets.length;
  const drawn = lab.targets.filter((server) => knowing.includes(server));
  const others = knowing.filter((server) => !drawn.includes(server) && !lab.spared.includes(server));
  if (!/^(\d+|minority|majority)/.test(lab.fault.target) || drawn.length + others.length < count) return lab.targets;
  while (drawn.length < count) drawn.push(...others.splice(Math.floor(lab.random() * others.length), 1));
  return drawn;
}

/** A lock that a design claims to keep is a test of that claim, however many know it. */
function whyUntelling(
  { claims, topology }: FaultLab,
  knowing: readonly FaultServer[],
  victims: readonly FaultServer[],
): string | null {
  if (topology.kind !== 'quorum') return null;
  if (knowing.length === 0) return 'no server shows whose lock it is, so none that knows it could be chosen';
  if (!victims.every((server) => knowing.includes(server))) return `${names(victims)} did not know the lock`;
  if (victims.length <= claims.toleratesLoss) return null;
  if (knowing.length - victims.length <= claims.toleratesDown) return null;
  return `${knowing.length} servers knew the lock, so losing ${victims.length} could not let anybody else in`;
}

function isHeld(lab: FaultLab, { validUntilMs }: Caught): boolean {
  return validUntilMs === null || lab.nowMs() < validUntilMs;
}

function aimedAt(
  lab: FaultLab,
  holder: Caught,
  knowing: readonly FaultServer[],
  victims: readonly FaultServer[],
  why: string | null,
): Aimed {
  let inside = true;
  let inTime = true;
  void holder.over.then(() => (inside = false));
  return {
    holder,
    victims,
    when: `while ${holder.name} held key ${holder.key}${knowing.length === 0 ? '' : ` on ${names(knowing)}`}`,
    struck: () => {
      inTime = inside && isHeld(lab, holder);
    },
    probe: () => Promise.resolve(inTime ? why : 'the holder had left, or its lease was over, before the blow fell'),
  };
}
