/**
 * The sentinels of a topology: how they begin, when they are ready, and by which addresses they know the servers. Source:
 * Redis documentation, "High availability with Redis Sentinel". Their periods are left as they are: the shorter ones of
 * SENTINEL DEBUG make discovery faster, and elections fail again and again.
 */
import { delay, nowMs } from '../base/clock.js';
import type { NodeEndpoint, Place, SentinelRole } from '../clients/endpoint.js';
import { LockbenchError, type Endpoint, type FaultServer, type Reply } from '../contract/index.js';
import type { ServerControl } from './control.js';
import type { Fleet } from './fleet.js';

/** The sentinels of one fleet of servers. */
export interface Watch {
  readonly fleet: Fleet;
  readonly controls: readonly ServerControl[];
  readonly role: SentinelRole;
}

const masterName = 'lockbench';
const quorum = 2;
/** Shorter, and a busy machine is taken for a dead one. */
const downAfterMs = 500;
const failoverTimeoutMs = 2_000;
/** They find each other by messages that they publish every 2 s. */
const readyLimitMs = 20_000;
const pollMs = 20;

type Caller = Pick<FaultServer, 'name' | 'call'>;
type Fields = ReadonlyMap<string, string>;

const settings = {
  'down-after-milliseconds': downAfterMs,
  'failover-timeout': failoverTimeoutMs,
  /** All at once: who is left waiting cannot acknowledge anything. */
  'parallel-syncs': 16,
} as const;

export function sentinelConfig({ host, port }: Endpoint): string {
  const lines = Object.entries(settings).map(([name, value]) => `sentinel ${name} ${masterName} ${value}`);
  return [`sentinel monitor ${masterName} ${host} ${port} ${quorum}`, ...lines, ''].join('\n');
}

/** From now on they, too, know the primary by another address. What they know of each other is forgotten meanwhile. */
export async function watchThrough(
  sentinels: readonly Caller[],
  name: string,
  { host, port }: Endpoint,
  replicas: number,
): Promise<void> {
  await Promise.all(
    sentinels.map(async (sentinel) => {
      await sentinel.call('SENTINEL', 'REMOVE', name);
      await sentinel.call('SENTINEL', 'MONITOR', name, host, port, quorum);
      const changes = Object.entries(settings).flat();
      await sentinel.call('SENTINEL', 'SET', name, ...changes);
    }),
  );
  await awaitSentinels(sentinels, name, replicas);
}

/** Resolves when each of them knows the primary, its replicas in step, and the others. */
export async function awaitSentinels(sentinels: readonly Caller[], name: string, replicas: number): Promise<void> {
  const limitMs = nowMs() + readyLimitMs;
  for (const sentinel of sentinels) {
    for (;;) {
      const missing = await whatIsMissing(sentinel, name, replicas, sentinels.length - 1);
      if (missing === null) break;
      if (nowMs() > limitMs)
        throw new LockbenchError(
          'SERVER_FAILED',
          `${sentinel.name} is not ready after ${readyLimitMs} ms: ${missing}`,
          'Do the sentinels watch the same primary under one name, and can they reach each other and the replicas?',
        );
      await delay(pollMs);
    }
  }
}

async function whatIsMissing(sentinel: Caller, name: string, replicas: number, others: number): Promise<string | null> {
  const master = fieldsOf(await sentinel.call('SENTINEL', 'MASTER', name));
  if (master.get('flags') !== 'master') return `the primary is ${master.get('flags')}`;
  if (Number(master.get('num-other-sentinels')) < others)
    return `it knows ${master.get('num-other-sentinels')} other sentinels of ${others}`;
  const known = await replicasOf(sentinel, name);
  // Only whom it has asked itself can be promoted.
  const usable = known.filter((one) => one.get('flags') === 'slave' && one.get('master-link-status') === 'ok');
  return usable.length < replicas ? `it knows ${usable.length} replicas in step of ${replicas}` : null;
}

/**
 * The name under which they watch this primary, and by which addresses they know it and its replicas. Servers are told
 * apart by their run id, for the address by which a sentinel knows one need not be ours.
 */
export async function roleOf(watch: Fleet, servers: Fleet): Promise<SentinelRole> {
  const runIds = await Promise.all(
    servers.members.map(async (member) => (await servers.info(member, 'server')).get('run_id')),
  );
  const sentinel: Caller = callerOf(watch, 0);
  const masters = (await sentinel.call('SENTINEL', 'MASTERS')) as readonly Reply[];
  const master = masters.map(fieldsOf).find((one) => one.get('runid') === runIds[0]);
  if (master === undefined)
    throw new LockbenchError(
      'WRONG_ROLE',
      `${sentinel.name} does not watch the primary that was named`,
      'Roles follow the order of --redis: the primary, its replicas, then the three sentinels.',
    );
  const name = master.get('name')!;
  await awaitSentinels(
    watch.members.map((_, i) => callerOf(watch, i)),
    name,
    servers.members.length - 1,
  );
  const known = [master, ...(await replicasOf(sentinel, name))];
  const places = known.flatMap((one): Place[] => {
    const node = runIds.indexOf(one.get('runid'));
    return node < 0 ? [] : [{ host: one.get('ip')!, port: Number(one.get('port')), node }];
  });
  return { masterName: name, sentinels: watch.members.map(({ endpoint }): NodeEndpoint => endpoint), places };
}

function callerOf(watch: Fleet, index: number): Caller {
  const member = watch.members[index]!;
  return { name: member.name, call: (name, ...args) => watch.call(member, name, ...args) };
}

async function replicasOf(sentinel: Caller, name: string): Promise<readonly Fields[]> {
  return ((await sentinel.call('SENTINEL', 'REPLICAS', name)) as readonly Reply[]).map(fieldsOf);
}

/** Names and values by turns. */
function fieldsOf(reply: Reply): Fields {
  const words = Array.isArray(reply) ? (reply as readonly Reply[]).map(String) : [];
  return new Map(words.flatMap((word, i) => (i % 2 === 0 ? [[word, words[i + 1] ?? ''] as const] : [])));
}
