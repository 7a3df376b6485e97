/** What the faults have in common in which sentinels promote: to cut off without being noticed, to wait, to come back. */
import type { FaultLab, FaultServer, Strike, Topology } from '../contract/index.js';
import { delay } from '../base/clock.js';
import { keepHolder } from './aim.js';
import { demote, watchPrimary, type CutOff } from './promotion.js';

/** Sentinels take 2 s, and begin anew after 4 when an election fails. */
const promotionLimitMs = 20_000;
const lookMs = 5;
/** Well below the 500 ms after which they would take the primary for dead. */
const unnoticedMs = 250;
/** For their questions to get through in between. */
const breathMs = 150;
/** Replicas are sent to the new primary by sentinels, one after the other. */
const inStepLimitMs = 8000;

export function withoutSentinels({ topology }: { readonly topology: Topology }): string | null {
  return topology.kind === 'sentinel' ? null : 'there are no sentinels who would promote a replica';
}

/**
 * Holds back what goes to the replicas, for moments, until a lock is granted that none of them knows; it stays held back. An
 * older grant that one of them knows, and whose release it has missed, would go on to refuse everybody.
 */
export async function cutOffReplicas(lab: FaultLab): Promise<CutOff> {
  const replicas = lab.servers.slice(1);
  const link = lab.replicationLink(replicas[0]!);
  const untilMs = lab.nowMs() + lab.patienceMs;
  let most = 0;
  for (;;) {
    await link.set({ requests: 'hold', replies: 'hold' });
    const atMs = lab.nowMs();
    const watch = watchPrimary(lab);
    const holder = await keepHolder(lab, unnoticedMs);
    most = Math.max(most, watch());
    if (holder === null && lab.nowMs() > untilMs) return { atMs, holder, tried: most };
    const name = holder === null ? null : lab.keyPrefix + holder.key;
    const known = name === null ? [] : await Promise.all(replicas.map((replica) => replica.call('GET', name)));
    if (holder !== null && known.every((value) => value === null)) return { atMs, holder, tried: most };
    holder?.letGo();
    await link.set({ requests: 'pass', replies: 'pass' });
    await lab.sleep(breathMs);
  }
}

export interface Promotion {
  readonly server: FaultServer;
  /** From then on it takes writes. */
  readonly writableMs: number;
  /** From then on most sentinels name it to those who ask. */
  readonly toldMs: number;
}

/** To be called before the primary is struck; then asked for who has taken its place, which is null when nobody does in time. */
export async function watchPromotion(lab: FaultLab): Promise<() => Promise<Promotion | null>> {
  const replicas = lab.servers.slice(1);
  const before = await namedBy(lab.sentinels);
  const told = async (): Promise<boolean> => {
    const now = await namedBy(lab.sentinels);
    return now.filter((name, i) => name !== null && name !== before[i]).length > now.length / 2;
  };
  return async () => {
    const untilMs = lab.nowMs() + promotionLimitMs;
    let writableMs: number | null = null;
    while (lab.nowMs() < untilMs) {
      const masters = await Promise.all(replicas.map(isMaster));
      const server = replicas[masters.indexOf(true)];
      if (server !== undefined) writableMs ??= lab.nowMs();
      if (server !== undefined && writableMs !== null && (await told()))
        return { server, writableMs, toldMs: lab.nowMs() };
      await delay(lookMs);
    }
    return null;
  };
}

/** "the sentinels promoted replica 1 after 889 ms and told it after 1850 ms" */
export function promotedIn({ server, writableMs, toldMs }: Promotion, sinceMs: number): string {
  const after = (atMs: number): string => `after ${Math.round(atMs - sinceMs)} ms`;
  return `the sentinels promoted ${server.name} ${after(writableMs)} and told it ${after(toldMs)}`;
}

export function stepsOf({ server, writableMs, toldMs }: Promotion): NonNullable<Strike['steps']> {
  return [
    { atMs: writableMs, what: `${server.name} promoted by the sentinels` },
    { atMs: toldMs, what: `the sentinels name ${server.name} as the primary` },
  ];
}

/** They watch one primary. */
export async function masterNameOf(sentinel: FaultServer): Promise<string> {
  const [[, name]] = (await sentinel.call('SENTINEL', 'MASTERS')) as readonly (readonly string[])[];
  return name!;
}

/** As each of them names the primary; null from those who do not answer. */
function namedBy(sentinels: readonly FaultServer[]): Promise<readonly (string | null)[]> {
  return Promise.all(
    sentinels.map((sentinel) =>
      masterNameOf(sentinel)
        .then((name) => sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name))
        .then(String, () => null),
    ),
  );
}

function isMaster(server: FaultServer): Promise<boolean> {
  return server.call('ROLE').then(
    (role) => Array.isArray(role) && role[0] === 'master',
    () => false,
  );
}

/** By us: sentinels would do it 8 s after they see it again, and what it took in until then would be lost as well. */
export function demoteOld(lab: FaultLab, promoted: FaultServer): Promise<void> {
  return demote(lab, promoted, inStepLimitMs);
}
