import { describe, expect, it } from 'vitest';
import type { LockStrategy } from '../contract/index.js';
import { listPlugins } from '../base/plugins.js';
import { allRows } from '../record/testing.js';
import { simulate } from './drive.js';
import { scenarios } from './scenario.js';

const seeds = [1, 2, 3];
/** The simulated world has servers of Redis alone. */
const strategies = (await listPlugins<LockStrategy>('strategy')).filter(({ engine }) => engine === 'redis');

describe.each(strategies.map((strategy) => [strategy.name, strategy] as const))('%s in virtual time', (_, strategy) => {
  it.each(Object.values(scenarios))('leaves the same trace under the same seed: $name', async (scenario) => {
    for (const seed of seeds) {
      const [first, second] = [
        await simulate(strategy, {}, scenario, seed, true),
        await simulate(strategy, {}, scenario, seed, true),
      ];
      expect(first.trace.length).toBeGreaterThan(0);
      expect(second.hash).toBe(first.hash);
      const [one, other] = [first, second].map(({ history }) => ({ ...history, rows: allRows(history.rows) }));
      expect(other).toEqual(one);
    }
  });

  it('leaves another trace under another seed', async () => {
    const hashes = new Set<string>();
    for (const seed of seeds) hashes.add((await simulate(strategy, {}, scenarios.calm, seed, true)).hash);
    expect(hashes.size).toBe(seeds.length);
  });

  it('is not disturbed by another world beside it', async () => {
    const alone = await simulate(strategy, {}, scenarios.pauses, 1, true);
    const [beside] = await Promise.all([1, 2].map((seed) => simulate(strategy, {}, scenarios.pauses, seed, true)));
    expect(beside.hash).toBe(alone.hash);
  });
});
