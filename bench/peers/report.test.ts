import { expect, it } from 'vitest';
import { quick } from './groups.js';
import { speedPage } from './report.js';
import { failuresOf } from './tables.js';
import { cell, measured, slice } from './testing.js';
import { noCounts } from '../../src/record/counters.js';

const hot = { group: 'contended-1', load: '16' } as const;

it('tells every figure with its interval, the best first, and what failed beside it', () => {
  const cells = [
    cell({ ...hot, label: 'slow', kind: 'library' }, () => ({ handoffs: 100, errors: { TIMEOUT: 2 } })),
    cell({ ...hot, label: 'single@client=ioredis' }, () => ({ handoffs: 200 })),
  ];
  const page = speedPage(measured(cells), quick);
  expect(page).toContain('## All want one key, one node');
  expect(page.indexOf('| `single@client=ioredis` | 200/s (200/s to 200/s) | 2.00 (2.00 to 2.00)')).toBeGreaterThan(0);
  expect(page.indexOf('`slow` | 100/s')).toBeGreaterThan(page.indexOf('`single@client=ioredis` | 200/s'));
  expect(page).toContain('24 TIMEOUT');
  expect(page).toContain('Made with `npm run bench:peers -- --seed=1`, seed 1');
});

it('tells who is missing, when, and why, on one line', () => {
  const gaps = [
    { group: 'free-1', label: 'a', generation: 1, reason: 'lost:\nkilled' },
    { group: 'free-1', label: 'a', generation: 4, reason: 'lost:\nkilled' },
    { group: 'free-1', label: 'b', generation: null, reason: 'not | installed' },
  ] as const;
  const page = speedPage(measured([], { gaps }), quick);
  expect(page).toContain('- free-1, `a`: lost: killed (generation 1, 4)');
  expect(page).toContain('- free-1, `b`: not \\| installed\n');
});

it('says so when it was interrupted', () => {
  expect(speedPage(measured([], { partial: true }), quick)).toContain('interrupted: not all of it was measured');
});

it('leaves out nothing that is no grant', () => {
  const counters = { ...noCounts(), attempts: 200, busy: 2, unreachable: 2, cancelled: 20 };
  const failed = { ...cell({ ...hot, label: 'a' }, () => ({})), generations: [] };
  const generations = [
    { generation: 1, slices: [slice({ counters, violations: 3, starved: 5, cycles: 0 })], latencyUs: null },
    { generation: 2, slices: [], latencyUs: null },
  ];
  expect(failuresOf({ ...failed, generations })).toBe(
    '3 times two holders inside, 2.0 % refused, 10 % still waiting at the end, up to 5 starved, ' +
      'nothing ended in 1 of 1 slices, no figures of 1 of 2 generations',
  );
});
