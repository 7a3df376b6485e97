import { expect, it } from 'vitest';
import type { AcquireOutcome, LockStrategy } from '../contract/index.js';
import { noCancel } from '../base/cancel.js';
import { loadPlugin } from '../base/plugins.js';
import { Cluster } from './cluster.js';
import { optionsOf } from './drive.js';
import { scenarios } from './scenario.js';

const redlock = await loadPlugin<LockStrategy>('strategy', 'redlock');
const key = 'k0';
const maxNodes = 5;

/** One attempt on nodes of which those in `mask` are taken by somebody else. */
async function attempt(nodes: number, mask: number, quorum: string, fanout: string, seed: number) {
  const options = optionsOf(redlock, { quorum, fanout });
  const cluster = await Cluster.open(redlock, options, { ...scenarios.calm, nodes, workers: 1 }, seed);
  const { world, servers, workers } = cluster;
  const taken = servers.filter((_, node) => (mask & (1 << node)) !== 0);
  for (const { model } of taken) model.set(key, 'foreign', null);

  const { session } = workers[0];
  const outcomes: AcquireOutcome[] = [];
  void session.acquire(key, { ttlMs: 1000, waitMs: 0, cancel: noCancel }).then((one) => outcomes.push(one));
  const settled = await world.run(() => outcomes.length > 0);
  const [outcome] = outcomes;
  let released = outcome.kind !== 'granted';
  if (outcome.kind === 'granted') void session.release(outcome.grant).then(() => (released = true));
  await world.run(() => released);
  let quiet = false;
  void session.quiesce().then(() => (quiet = true));
  await world.run(() => quiet);
  return { settled, kind: outcome.kind, foreign: taken.length, keys: cluster.keys(new Set()).length };
}

const sizes = Array.from({ length: maxNodes }, (_, i) => i + 1);

it.each(sizes)(
  'of %i nodes, with every mask of taken ones: granted exactly when the free ones reach quorum',
  async (nodes) => {
    const quorums = new Map([
      ['majority', Math.floor(nodes / 2) + 1],
      ['all', nodes],
      ...sizes.slice(0, nodes).map((k) => [String(k), k] as const),
    ]);
    for (let mask = 0; mask < 2 ** nodes; mask += 1) {
      for (const [quorum, needed] of quorums) {
        for (const fanout of ['parallel', 'sequential']) {
          for (const seed of [1, 2, 3]) {
            const { settled, kind, foreign, keys } = await attempt(nodes, mask, quorum, fanout, seed);
            const expected = nodes - foreign >= needed ? 'granted' : 'refused';
            expect({ mask, quorum, fanout, settled, kind, keys }).toEqual({
              mask,
              quorum,
              fanout,
              settled: true,
              kind: expected,
              keys: foreign,
            });
          }
        }
      }
    }
  },
);
