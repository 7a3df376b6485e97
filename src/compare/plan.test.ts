/** How the time is spent, what floor applies, and which servers both sides can share. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { floorOf, readCalibration, writeCalibration, type Calibration } from './calibration.js';
import { confirmingDesign, designFor, designMs, longestEventMs } from './plan.js';
import { commonTopology } from './servers.js';
import { plan } from './testing.js';

const single = { kind: 'single', nodes: 1, replicas: 0 } as const;
const quorum = { kind: 'quorum', nodes: 5, replicas: 0 } as const;
const replicated = { kind: 'replicated', nodes: 1, replicas: 2 } as const;

describe('the design', () => {
  it('takes about a minute by default', () => {
    const design = designFor(75_000, 0);
    expect(design).toMatchObject({ generations: 10, slices: 20, sliceMs: 150, discardMs: 20 });
    expect('refused' in design ? 0 : designMs(design)).toBeLessThanOrEqual(75_000);
  });

  it.each([
    [300_000, 40, 20],
    [60_000, 10, 15],
    [40_000, 9, 10],
    [20_000, 6, 6],
  ])('spends %i ms on %i generations of %i slices', (budgetMs, generations, slices) =>
    expect(designFor(budgetMs, 0)).toMatchObject({ generations, slices }),
  );

  it('makes slices twenty times as long as what happens in them, down to whole processes, or refuses', () => {
    expect(designFor(600_000, 100)).toMatchObject({ sliceMs: 2000, discardMs: 100 });
    expect(designFor(150_000, 500)).toMatchObject({ generations: 6, slices: 1, sliceMs: 10_000 });
    expect(designFor(75_000, 500)).toMatchObject({ refused: expect.stringContaining('slices of 10s') as string });
  });

  it('counts retry delays only where contenders meet', () => {
    expect(longestEventMs(plan)).toBe(0);
    expect(longestEventMs({ ...plan, keys: 1 })).toBe(500);
    expect(longestEventMs({ ...plan, holdMs: 20, thinkMs: 10 })).toBe(30);
  });

  it('confirms with half as many generations, never fewer than six', () => {
    const design = designFor(300_000, 0);
    expect('refused' in design ? 0 : confirmingDesign(design).generations).toBe(20);
    const small = designFor(20_000, 0);
    expect('refused' in small ? 0 : confirmingDesign(small).generations).toBe(6);
  });
});

describe('servers', () => {
  it.each([
    [single, single, single],
    [single, quorum, quorum],
    [{ ...quorum, nodes: 3 }, quorum, quorum],
    [{ kind: 'none', nodes: 0, replicas: 0 } as const, replicated, replicated],
    [replicated, replicated, replicated],
    [replicated, { ...replicated, replicas: 1 }, null],
    [single, replicated, null],
  ])('are shared where they can be: %o and %o', (a, b, common) => expect(commonTopology(a, b)).toEqual(common));
});

describe('the floor', () => {
  const now = new Date('2026-03-02T12:00:00Z');
  const machine = { cpu: 'a processor', cores: 2, os: 'an os' };
  const calibration: Calibration = {
    schemaVersion: 1,
    createdAt: '2026-03-01T12:00:00Z',
    machine,
    strategy: 'single',
    generations: 10,
    slices: 20,
    sliceMs: 150,
    reach: { throughput: 0.04, p50: 0.01, p99: 0.3 },
  };
  const found = { file: 'results/calibration.json', calibration };

  it('is 5 % without a calibration, or with one of another machine, and says so', () => {
    expect(floorOf(null, machine, now)).toMatchObject({ throughput: 0.05, p50: 0.05 });
    const other = floorOf(found, { ...machine, cores: 8 }, now);
    expect(other).toMatchObject({ throughput: 0.05 });
    expect(other.source).toContain('another machine');
  });

  it('is one and a half times what the machine itself makes, 3 % at least, and says how old that is', () => {
    const floor = floorOf(found, machine, now);
    expect(floor.throughput).toBeCloseTo(0.06);
    expect(floor.p50).toBe(0.03);
    expect(floor.source).toContain('24 hours old');
  });

  it('is read from the first folder that has it, and broken files are passed over', () => {
    const folders = [mkdtempSync(join(tmpdir(), 'bench-test-')), mkdtempSync(join(tmpdir(), 'bench-test-'))];
    expect(readCalibration(folders)).toBeNull();
    writeCalibration(folders[1], calibration);
    writeFileSync(join(folders[0], 'calibration.json'), '{');
    expect(readCalibration(folders)?.calibration).toEqual(calibration);
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
});
