/** A design that never answers somebody is told, and costs nobody else what they have recorded. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import accounting from '../check/accounting.js';
import { historyOf, verdictOf } from '../check/testing.js';
import { grantsInMemory } from '../record/grant-columns.js';
import { delay } from '../base/clock.js';
import type { WorkerReport } from '../worker/protocol.js';
import { startRun } from './testing.js';

const folder = mkdtempSync(join(tmpdir(), 'lockbench-hung-'));
const file = join(folder, 'hangs.mjs');
writeFileSync(
  file,
  `let asked = 0;
const claims = { exclusion: false, expires: true, ownerRelease: true, toleratesDown: 0, toleratesLoss: 0 };
export default {
  name: 'hangs', help: 'the third acquire of a worker is never answered', engine: 'redis', topology: 'none', options: {},
  judge: () => ({ claims, ttl: { minMs: 1, maxMs: 60_000 } }),
  open: async (_, env) => ({
    async acquire(key, { ttlMs }) {
      if ((asked += 1) === 3) return new Promise(() => {});
      const now = env.nowMs();
      const grant = { key, token: env.token(), validUntilMs: now + ttlMs, onLost: () => () => {} };
      return { kind: 'granted', grant, tries: 1, roundMs: 0, decidedMs: now };
    },
    release: async () => ({ kind: 'released' }),
    quiesce: async () => {}, backlog: () => ({ pending: 0, peak: 0, dropped: 0 }), close: async () => {},
  }),
};`,
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('an acquire that never settles is an unknown one, and its worker reports all the same', async () => {
  const run = await startRun({ strategy: file, workers: '1', contenders: '3', duration: '60s' });
  await delay(200);
  const { reports, counters, rows } = await run.end();
  await run.close();
  expect(run.incidents).toEqual([]);
  expect(reports[0]).toMatchObject({ errors: { HUNG: 1 } });
  expect((reports[0] as { errorSamples: readonly string[] }).errorSamples[0]).toContain('a contender of a worker hung');
  expect(counters.unknown).toBe(1);
  expect(counters.grants).toBeGreaterThan(2);
  expect(verdictOf(accounting, historyOf([], { counters, rows: grantsInMemory(rows) }))).toMatchObject({
    verdict: 'pass',
  });
});

it('an acquire that ends in an error is a wait like any other', async () => {
  const throwing = join(folder, 'throws.mjs');
  const source = readFileSync(file, 'utf8').replace(
    'if ((asked += 1) === 3) return new Promise(() => {});',
    `await env.sleep(150, { cancelled: false, onCancel: () => () => {} }); throw new RangeError('no');`,
  );
  writeFileSync(throwing, source.replace("'hangs'", "'throws'"));
  const run = await startRun({ strategy: throwing, workers: '1', contenders: '1', duration: '60s' });
  await delay(400);
  const { reports } = await run.end();
  await run.close();
  const [{ errors, waits }] = reports as readonly WorkerReport[];
  expect(errors['RangeError']).toBeGreaterThan(0);
  expect(waits.length).toBeGreaterThan(0);
  expect(waits[0]!.untilNs - waits[0]!.sinceNs).toBeGreaterThan(140e6);
});
