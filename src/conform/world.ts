/** The world of one case: whatever it opens is closed when the case ends, however it ends. */
import type { Claims, LockStrategy, Options, Topology } from '../contract/index.js';
import { startRelay, type Relay } from '../relay/relay.js';
import { openClient } from './client.js';
import type { Contestant } from './contestant.js';
import { answerOption } from './env.js';
import type { Lab, LabServer } from './lab.js';
import type { Layout } from './layout.js';
import { limits, within } from './limits.js';
import { startHolder } from './holder.js';
import type { Client, OpenOptions, OtherProcess, ServerHand, World } from './types.js';
import { NotApplicable } from './verify.js';

export interface CaseWorld extends World {
  /** Closes what the case has opened. Never rejects. */
  close(): Promise<void>;
}

let keys = 0;

export function createWorld(
  contestant: Contestant,
  strategy: LockStrategy,
  lab: Lab,
  layout: () => Promise<Layout>,
): CaseWorld {
  const { topology, options } = contestant;
  const claims = amongDeciders(contestant.claims, topology);
  const masters = decidersOf(lab.servers, topology);
  const replicas = lab.servers.filter(({ kind }) => kind === 'replica');
  const clients: Client[] = [];
  const relays: Relay[] = [];
  const processes: OtherProcess[] = [];

  const open = async (wanted: OpenOptions = {}): Promise<Client> => {
    const all = [...(wanted.through ?? [...masters, ...replicas])].map(({ endpoint }) => endpoint);
    const client = await openClient({
      strategy,
      contestant,
      endpoints: wanted.nodes === undefined ? all : all.slice(0, wanted.nodes),
      options: optionsFor(options, wanted),
      name: `client ${clients.length}`,
      ...(wanted.retry === undefined ? {} : { retry: wanted.retry }),
    });
    clients.push(client);
    return client;
  };
  const lockKeyOf = async (key: string): Promise<string> => {
    const found = (await layout()).lockKeyOf(key);
    if (found !== null) return found;
    throw new NotApplicable('it does not keep its lock in a string key with the name of the lock in it');
  };
  return {
    topology,
    claims,
    options,
    masters: masters.slice(0, mastersOf(topology)),
    allMasters: masters,
    replicas,
    quorum: mastersOf(topology) - claims.toleratesDown,
    freshKey: (label = 'key') => `conform:${label}:${(keys += 1)}`,
    ttl: (ms) => Math.max(ms, leastTtlMs(strategy, options, topology)),
    open: (wanted = {}) => open(wanted.through === undefined ? { nodes: nodesOf(topology), ...wanted } : wanted),
    async relays(servers = [...masters.slice(0, mastersOf(topology)), ...replicas]) {
      const own = await Promise.all(servers.map((server) => startRelay((server as LabServer).endpoint)));
      relays.push(...own);
      return own;
    },
    async process() {
      const endpoints = [...masters.slice(0, mastersOf(topology)), ...replicas].map(({ endpoint }) => endpoint);
      const other = await startHolder({ contestant, endpoints, number: processes.length });
      processes.push(other);
      return other;
    },
    claimsWith(nodes) {
      const judgement = strategy.judge(options, { ...topology, nodes });
      return 'refused' in judgement || masters.length < nodes ? null : amongDeciders(judgement.claims, topology);
    },
    occupy: async (server, key) => void (await server.call('SET', await lockKeyOf(key), 'a stranger')),
    valuesOf: async (key, servers = masters.slice(0, mastersOf(topology))) =>
      (await eachCall(servers, 'GET', await lockKeyOf(key))) as readonly (string | null)[],
    ttlsOf: async (key) =>
      (await eachCall(masters.slice(0, mastersOf(topology)), 'PTTL', await lockKeyOf(key))) as readonly number[],
    async remove(key) {
      // A case has locks of its own only. That of a session would go with the session.
      if (!lab.isRedis && claims.lease !== 'session') await lab.removeKeys();
      else await eachCall(masters, 'DEL', await lockKeyOf(key));
    },
    async keysLeft() {
      if (!lab.isRedis) return lab.keysLeft();
      const { isBookkeeping } = await layout();
      const lists = (await eachCall(masters, 'KEYS', '*')) as readonly (readonly string[])[];
      return lists.flatMap((list, i) =>
        list.filter((key) => !isBookkeeping(key)).map((key) => `${masters[i].name}: ${key}`),
      );
    },
    async flushScripts() {
      if (!lab.isRedis) throw new NotApplicable('its servers know no scripts');
      await eachCall([...masters, ...replicas], 'SCRIPT', 'FLUSH');
    },
    async close() {
      const late = (): Error => new Error('closing takes too long');
      const things = [...clients, ...processes.map(({ kill }) => ({ close: kill }))];
      await Promise.allSettled(things.map((thing) => within(thing.close(), limits.closeMs, late)));
      await Promise.allSettled(relays.map((relay) => within(relay.close(), limits.closeMs, late)));
    },
  };
}

/** More than the topology has, for the cases that go through several sizes. */
function decidersOf(servers: readonly LabServer[], { kind }: Topology): readonly LabServer[] {
  const masters = servers.filter((server) => server.kind === 'master');
  return kind === 'quorum' || kind === 'cluster' ? masters : masters.slice(0, 1);
}

/** How many servers decide about the lock. */
export function mastersOf({ kind, nodes }: Topology): number {
  return kind === 'none' ? 0 : kind === 'quorum' || kind === 'cluster' ? nodes : 1;
}

/** Where roles move one server decides at a time, and while a case lasts none of them moves. */
function amongDeciders(claims: Claims, { kind }: Topology): Claims {
  return kind === 'sentinel' ? { ...claims, toleratesDown: 0 } : claims;
}

function nodesOf(topology: Topology): number {
  return mastersOf(topology) + topology.replicas;
}

function optionsFor(options: Options, wanted: OpenOptions): Options {
  const name = answerOption(options);
  const patience = name === null || wanted.answerWaitMs === undefined ? {} : { [name]: wanted.answerWaitMs };
  return { ...options, ...patience, ...wanted.options };
}

function leastTtlMs(strategy: LockStrategy, options: Options, topology: Topology): number {
  const judgement = strategy.judge(options, topology);
  return 'refused' in judgement ? 0 : judgement.ttl.minMs;
}

function eachCall(
  servers: readonly ServerHand[],
  name: string,
  ...args: readonly (string | number)[]
): Promise<unknown[]> {
  return Promise.all(servers.map((server) => server.call(name, ...args)));
}
