/** The yardstick on real servers, as short as can be: that it drives whoever is to be had, tells who is not, and leaves nothing behind. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Measured } from './measured.js';

const program = fileURLToPath(new URL('./main.js', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'bench-peers-'));
const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [program, '--quick', '--generations', '1', '--out', out, ...args], {
    env: { ...process.env, TMPDIR: out, NO_COLOR: '1' },
  });

afterAll(() => rmSync(out, { recursive: true, force: true }));

describe('bench:peers', { timeout: 120_000 }, () => {
  let told = '';
  let measured: Measured;

  beforeAll(async () => {
    const some = 'contended-1,single@client=ioredis,redis-semaphore@profile=pipelined';
    told = (await run('--only', some, '--seed', '1')).stdout;
    measured = JSON.parse(readFileSync(join(out, 'speed.json'), 'utf8')) as Measured;
  }, 60_000);

  it('measures ours and theirs in processes of their own, with what was handed on', () => {
    expect(measured.cells.map(({ label }) => label).sort()).toEqual([
      'redis-semaphore@profile=pipelined',
      'single@client=ioredis',
    ]);
    for (const { generations, latencyUs } of measured.cells) {
      const [slice] = generations[0]!.slices;
      expect(slice!.handoffs).toBeGreaterThan(0);
      expect(slice!.violations).toBe(0);
      expect(slice!.counters.grants).toBeGreaterThan(0);
      expect(latencyUs!.wait.count).toBeGreaterThan(0);
    }
    expect(measured).toMatchObject({ seed: 1, partial: false, gaps: [] });
  });

  it('prints the table, and writes the page with the figures to reach', () => {
    expect(told).toContain('contended-1, 16; times are those of redis-semaphore@profile=pipelined');
    const page = readFileSync(join(out, 'speed.md'), 'utf8');
    expect(page).toContain('## Figures to reach');
    expect(page).toContain('cannot be judged: ');
  });

  it('drives redis-benchmark at the same servers', async () => {
    await run('--only', 'limit-1,single@client=ioredis,redis-benchmark -P 16');
    const { cells, gaps } = JSON.parse(readFileSync(join(out, 'speed.json'), 'utf8')) as Measured;
    const absent = gaps.some(({ reason }) => reason.includes('cannot be run'));
    for (const { label, generations } of cells)
      if (!(absent && label.startsWith('redis-benchmark')))
        expect(generations[0]!.slices[0]!.cycles).toBeGreaterThan(0);
  });

  it('refuses what it does not know', async () => {
    await expect(run('--only', 'nobody')).rejects.toMatchObject({ code: 2 });
  });
});
