/** Faults that never end may starve a lock, so nothing is said of its progress here; they must not break it. */
import { expect, it } from 'vitest';
import type { Check, LockStrategy, Options } from '../contract/index.js';
import { listPlugins, loadPlugin } from '../base/plugins.js';
import { simulate } from './drive.js';
import { failedChecks } from './judge.js';
import { swarmScenario } from './swarm.js';

const seeds = 100;
const checks = (await listPlugins<Check>('check')).filter(({ name }) => name !== 'deadlock-freedom');

const designs: readonly (readonly [string, Options])[] = [
  ['redlock', {}],
  ['redlock', { fanout: 'sequential' }],
  ['redlock', { quorum: 'all' }],
  ['redlock-fenced', {}],
  ['single', {}],
  ['single-fenced', {}],
  ['single-notify', {}],
  ['single-fair', {}],
  ['redlock-fair', {}],
  ['redlock-fair', { quorum: 'all' }],
  ['failover', {}],
  ['failover', { waitReplicas: '1' }],
  ['failover', { waitReplicas: 'all', waitTimeout: 2 }],
];

it.each(designs)('%s %j excludes, settles and leaves nothing behind', { timeout: 60_000 }, async (name, options) => {
  const strategy = await loadPlugin<LockStrategy>('strategy', name);
  const broken: unknown[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const outcome = await simulate(strategy, options, swarmScenario(seed), seed);
    const failed = failedChecks(outcome, checks);
    if (failed.length > 0 || !outcome.settled || !outcome.quiet) broken.push({ seed, failed });
  }
  expect(broken).toEqual([]);
});
