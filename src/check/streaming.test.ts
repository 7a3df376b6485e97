/** Small random histories, split at random into workers and chunks: what is judged does not depend on how it was written down. */
import { beforeAll, describe, expect, it } from 'vitest';
import { listPlugins } from '../base/plugins.js';
import { seededRandom, type Random } from '../base/random.js';
import { rowFlags, type Check, type GrantHistory, type GrantRows, type History, type Wait } from '../contract/index.js';
import { grantsInMemory } from '../record/grant-columns.js';
import { openGrants } from '../record/grant-files.js';
import { Chunk, type Row } from '../record/chunks.js';
import { allRows } from '../record/testing.js';
import { judgeHistory } from './judge.js';
import { OverlapSweep } from './overlaps.js';
import { plainOverlaps, plainStall } from './plain.testing.js';
import { StallWatch } from './stalls.js';
import { arrived, context, historyOf, type Arrival } from './testing.js';

const openNs = 5_000e6;
const workers = 3;
const seeds = Array.from({ length: 150 }, (_, seed) => seed + 1);

const pick = (random: Random, below: number): number => Math.floor(random() * below);

/** Sections of ms on few keys, so that they meet. Times are coarse, so that many are equal, but for entries: their order would be open. */
function randomRows(random: Random): Row[] {
  const ns = (ms: number): number => openNs + ms * 1e6;
  const enters = new Set(Array.from({ length: 1 + pick(random, 40) }, () => pick(random, 6000)));
  return [...enters].map((enter, n) => {
    const unknown = random() < 0.05;
    const hold = unknown ? 0 : random() < 0.1 ? 5000 : pick(random, 30);
    const valid = unknown ? 0 : random() < 0.1 ? Infinity : pick(random, 60);
    const others = ['lateGrant', 'releaseLost', 'open', 'extended', 'lost'] as const;
    const flags = others.reduce((sum, name) => (random() < 0.04 ? sum | rowFlags[name] : sum), 0);
    return {
      enterNs: ns(enter),
      leaveNs: ns(enter + hold),
      validUntilNs: ns(enter + valid),
      sendDelayNs: 0,
      acquireNs: random() < 0.2 ? pick(random, 5000) * 1e6 : 0,
      releaseNs: 1e6,
      key: pick(random, 3),
      contender: n % 12,
      flags: unknown ? rowFlags.unknown : flags,
    };
  });
}

/** As the workers would have written them, each chunk of as many rows as `sizeOf` says. */
function written(rows: readonly Row[], sizeOf: () => number, groupRows: number): GrantHistory {
  const sources = Array.from({ length: workers }, (_, worker) => {
    const own = rows.filter(({ contender }) => contender % workers === worker);
    own.sort((a, b) => a.leaveNs + a.releaseNs - (b.leaveNs + b.releaseNs));
    const parts: Uint8Array[] = [];
    for (let at = 0; at < own.length;) {
      const size = sizeOf();
      const chunk = new Chunk();
      for (const row of own.slice(at, at + size)) chunk.add(row);
      at += size;
      parts.push(
        chunk.seal(
          worker,
          own.slice(at).reduce((ns, { enterNs }) => Math.min(ns, enterNs), 2 ** 50),
        ),
      );
    }
    return { name: `worker ${worker}`, from: new Uint8Array(Buffer.concat(parts)) };
  });
  const { grants, cut } = openGrants(sources, () => {}, groupRows);
  expect(cut).toEqual([]);
  return grants;
}

function randomOperations(random: Random): Arrival[] {
  return Array.from({ length: pick(random, 30) }, (_, at) => ({
    at: at * 10,
    contender: pick(random, 12),
    grant: pick(random, 3),
    op: random() < 0.5 ? 'read' : 'write',
    value: pick(random, 20),
    key: pick(random, 3),
    fence: pick(random, 10),
  }));
}

const randomWaits = (random: Random): Wait[] =>
  Array.from({ length: pick(random, 4) }, () => {
    const sinceNs = openNs + pick(random, 5000) * 1e6;
    return { key: pick(random, 4), sinceNs, untilNs: sinceNs + pick(random, 5000) * 1e6 };
  });

/** The rows, each way of writing them down, and what else is known of the run. */
function cases(seed: number): { whole: GrantRows; ways: readonly GrantHistory[]; more: Partial<History> } {
  const random = seededRandom(seed, 'history');
  const rows = randomRows(random);
  const ways = [
    written(rows, () => rows.length, rows.length),
    written(rows, () => 1, 1),
    written(rows, () => 1, 2),
    written(rows, () => 1 + pick(random, 5), 5),
    written(rows, () => 1 + pick(random, 5), 1000),
    written(rows, () => 1 + pick(random, 30), 8),
  ];
  const resource = random() < 0.5 ? null : arrived(randomOperations(random));
  const windowNs = [openNs, openNs + 7000e6] as const;
  return {
    whole: [...grantsInMemory(allRows(ways[0])).blocks()][0],
    ways,
    more: { resource, windowNs, waits: randomWaits(random) },
  };
}

describe.each(seeds)('history %i', (seed) => {
  const { whole, ways, more } = cases(seed);
  let checks: readonly Check[] = [];
  beforeAll(async () => void (checks = await listPlugins<Check>('check')));

  it('has the same rows in the order of entry, however it was written down', () => {
    const told = ({ count, ...columns }: GrantRows): string[] =>
      Array.from({ length: count }, (_, row) =>
        Object.values(columns)
          .map((column) => column[row])
          .join(' '),
      );
    for (const way of ways) {
      const rows = allRows(way);
      expect([...rows.enterNs]).toEqual([...whole.enterNs]);
      expect(told(rows).sort()).toEqual(told(whole).sort());
      for (const [fromMs, toMs] of [
        [0, 500],
        [1000, 1100],
        [0, 7000],
      ] as const) {
        const [fromNs, toNs] = [openNs + fromMs * 1e6, openNs + toMs * 1e6];
        const found = told(way.during(1, fromNs, toNs)).sort();
        expect(found).toEqual(told(grantsInMemory(whole).during(1, fromNs, toNs)).sort());
      }
    }
  });

  it('has the same verdicts and evidence from all checks', () => {
    const verdicts = ways.map((rows) =>
      judgeHistory(checks, historyOf([], { ...more, rows }), {
        ...context,
        claims: { ...context.claims, fences: true },
      }),
    );
    for (const other of verdicts) expect(other).toEqual(verdicts[0]);
  });

  it('has the violations that are found by trying all pairs', () => {
    for (const way of ways) {
      const sweep = new OverlapSweep(way.keys);
      for (const block of way.blocks()) sweep.rows(block);
      const { brokenLeases, overstays } = sweep;
      expect({ brokenLeases, overstays }).toEqual(plainOverlaps(allRows(way)));
    }
  });

  it('has the stall that is found by trying all pairs', () => {
    const waits = more.waits!;
    for (const rows of ways) {
      for (const [boundMs, within] of [
        [100, [-Infinity, openNs + 7000e6]],
        [1000, [openNs + 1000e6, openNs + 4000e6]],
      ] as const) {
        const watch = new StallWatch(historyOf([], { rows, waits }), boundMs * 1e6, within);
        for (const block of rows.blocks()) watch.rows(block);
        watch.close();
        expect(watch.longest).toEqual(plainStall(allRows(rows), waits, boundMs * 1e6, within));
      }
    }
  });
});
