/** Contestants of several engines in one plan: clients, numbers of nodes, addresses, faults. */
import { expect, it } from 'vitest';
import type { ClientName, LockStrategy } from '../contract/index.js';
import { openCatalogue, type RawOptions } from './catalogue.js';
import { resolvePlan } from './resolve.js';
import { parseStoredPlan, restorePlan } from './stored-plan.js';

const known = await openCatalogue();
const single = known.strategies.find(({ name }) => name === 'single')!;
const design = (name: string, changes: Partial<LockStrategy>): LockStrategy => ({ ...single, name, ...changes });
const catalogue = {
  ...known,
  strategies: [
    ...known.strategies,
    design('clustered', { engine: 'etcd', topology: 'cluster' }),
    design('picky', { clients: ['node-redis'] }),
  ],
};
const plan = (raw: RawOptions) => resolvePlan({ strategy: 'single', ...raw }, catalogue, [], 1);
const clientsIn = (raw: RawOptions): readonly (ClientName | null)[] => plan(raw).strategies.map(({ client }) => client);

it('gives each contestant the client that was asked for, or one that it can run on', () => {
  expect(clientsIn({ strategy: 'single,picky,postgres' })).toEqual(['ioredis', 'node-redis', null]);
  expect(clientsIn({ strategy: 'single,picky,postgres', client: 'node-redis' })).toEqual([
    'node-redis',
    'node-redis',
    null,
  ]);
  expect(() => plan({ strategy: 'picky', client: 'ioredis' })).toThrow('picky runs on node-redis only');
  expect(() => plan({ strategy: 'postgres@client=ioredis' })).toThrow('without a Redis client');
  expect(() => plan({ strategy: 'postgres', client: 'ioredis' })).toThrow('--client');
});

it('gives a cluster three nodes, or as many as were asked for', () => {
  const nodesIn = (raw: RawOptions): readonly number[] => plan(raw).strategies.map(({ topology }) => topology.nodes);
  expect(nodesIn({ strategy: 'redlock,clustered' })).toEqual([5, 3]);
  expect(nodesIn({ strategy: 'redlock,clustered', nodes: '5' })).toEqual([5, 5]);
  expect(nodesIn({ strategy: 'redlock,clustered@nodes=1' })).toEqual([5, 1]);
  expect(() => plan({ strategy: 'clustered', nodes: '4' })).toThrow('1, 3 or 5');
});

it('keeps addresses without their secrets', () => {
  const server = { host: 'h', port: 1, tls: false, password: 'topsecret' };
  const one = resolvePlan({ strategy: 'postgres' }, catalogue, [], 1, { postgres: [server] });
  expect(one.addresses).toEqual({ postgres: [{ host: 'h', port: 1, tls: false }] });
  expect(restorePlan(parseStoredPlan(JSON.stringify(one)), catalogue)).toEqual(one);
});

it('refuses faults of another engine', () => {
  expect(() => plan({ strategy: 'postgres', fault: 'flushall' })).toThrow('it is a fault of redis, library');
  expect(() => plan({ strategy: 'single', fault: 'terminate-backend' })).toThrow('it is a fault of postgres');
  expect(plan({ strategy: 'single,postgres', fault: 'kill' }).faults).toHaveLength(1);
});

it('reads a plan that was stored before there were engines', () => {
  const { addresses: _, ...stored } = plan({});
  const strategies = stored.strategies.map(({ engine: __, ...one }) => one);
  expect(restorePlan(parseStoredPlan(JSON.stringify({ ...stored, strategies })), catalogue)).toEqual(plan({}));
});
