/** What each design promises, over many seeds of every scenario that its promise covers. */
import { describe, expect, it } from 'vitest';
import type { LockStrategy, Options } from '../contract/index.js';
import { loadPlugin } from '../base/plugins.js';
import { sweep } from './judge.js';
import { scenarios, type Scenario } from './scenario.js';

const load = (name: string): Promise<LockStrategy> => loadPlugin<LockStrategy>('strategy', name);
const [
  redlock,
  redlockFenced,
  redlockFair,
  single,
  singleFenced,
  singleNotify,
  singleFair,
  failover,
  setnx,
  singleDel,
  none,
] = await Promise.all(
  [
    'redlock',
    'redlock-fenced',
    'redlock-fair',
    'single',
    'single-fenced',
    'single-notify',
    'single-fair',
    'failover',
    'setnx',
    'single-del',
    'none',
  ].map(load),
);

type Name = keyof typeof scenarios;

/** A majority survives every fault but the loss of data. */
const { nodeWiped, ...survivable } = scenarios;
/** Designs on one node allow nothing for a clock that runs fast. */
const unequal: readonly Name[] = ['fastClocks', 'mixedClocks'];
/** SETNX and plain DEL need that no answer is lost and no holder is late. */
const faultless: readonly Name[] = ['calm', 'sharedSession', 'evenSplit', 'scriptsForgotten', 'nodeFrozen'];
/** Where a design that needs all nodes may wait longer than a lease for them. */
const starving: readonly Name[] = ['slowReplies', 'pausedAtSend', 'extendedUnderFaults'];

const all = Object.keys(survivable) as Name[];
const equal = all.filter((name) => !unequal.includes(name));

const cases: readonly (readonly [string, LockStrategy, Options, readonly Name[], number])[] = [
  ['redlock', redlock, {}, all, 100],
  ['redlock, sequential', redlock, { fanout: 'sequential' }, all.filter((name) => name !== 'slowNetwork'), 50],
  ['redlock, all nodes', redlock, { quorum: 'all' }, all.filter((name) => !starving.includes(name)), 50],
  ['redlock-fenced', redlockFenced, {}, all, 50],
  ['redlock-fair', redlockFair, {}, all, 100],
  ['redlock-fair, all nodes', redlockFair, { quorum: 'all' }, all.filter((name) => !starving.includes(name)), 50],
  ['single', single, {}, equal, 200],
  ['single-fenced', singleFenced, {}, equal, 50],
  ['single-notify', singleNotify, {}, equal, 100],
  ['single-fair', singleFair, {}, equal, 100],
  ['failover', failover, {}, equal, 50],
  ['failover with WAIT', failover, { waitReplicas: '1' }, equal, 50],
  ['failover with WAIT for all', failover, { waitReplicas: 'all', waitTimeout: 2 }, equal, 50],
  ['setnx', setnx, {}, [...faultless, 'overtime'], 50],
  ['single-del', singleDel, {}, faultless, 50],
];

describe.each(cases)('%s', (_, strategy, options, names, seeds) => {
  it.each(names)(
    `excludes, settles and leaves nothing behind in ${seeds} seeds: %s`,
    { timeout: 60_000 },
    async (name) => {
      const scenario: Scenario = scenarios[name];
      expect(await sweep(strategy, options, scenario, seeds)).toEqual(new Map());
    },
  );
});

describe('no lock at all', () => {
  it('is caught by exclusion and by lost updates', async () => {
    const found = await sweep(none, {}, scenarios.calm, 1);
    expect([...found.keys()]).toEqual(expect.arrayContaining(['mutual-exclusion', 'lost-updates']));
  });
});

describe('nodes that lose their data', () => {
  it('break a majority, and not a quorum that shares more of them', { timeout: 60_000 }, async () => {
    expect([...(await sweep(redlock, {}, nodeWiped, 50)).keys()]).toContain('mutual-exclusion');
    expect((await sweep(redlock, { quorum: 'all' }, nodeWiped, 50)).has('mutual-exclusion')).toBe(false);
  });
});

describe('counters on nodes that lose their data', () => {
  it('begin anew, and the tokens of a majority with them', { timeout: 60_000 }, async () => {
    const found = await sweep(redlockFenced, {}, nodeWiped, 50, 'fencing-order');
    expect([...found.keys()]).toContain('fencing-order');
    const all = await sweep(redlockFenced, { quorum: 'all' }, nodeWiped, 50, 'fencing-order');
    expect(all.has('fencing-order')).toBe(false);
  });
});

describe('clocks that run 0.9 % fast', () => {
  it('break a design that allows nothing for drift', async () => {
    const found = await sweep(redlock, { driftFactor: 0 }, scenarios.fastClocks, 50, 'mutual-exclusion');
    expect([...found.keys()]).toContain('mutual-exclusion');
  });
});
