/** Workers as threads and as processes: the same plan, the same sums, and nobody left behind. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Result } from '../contract/index.js';
import { delay } from '../base/clock.js';
import { bench, processesIn, removeRooms, type Running } from '../cli/testing.js';
import type { RawOptions } from '../plan/catalogue.js';
import { runBenchmark } from './benchmark.js';
import { planOf } from './testing.js';

const out = mkdtempSync(join(tmpdir(), 'lockbench-isolate-'));
afterAll(() => {
  rmSync(out, { recursive: true, force: true });
  removeRooms();
});

const entry = fileURLToPath(new URL('../worker/process-entry.js', import.meta.url));

/** Worker processes of one run. */
function workersOf({ room }: Running): number[] {
  return processesIn(room).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(entry);
    } catch {
      return false;
    }
  });
}

async function untilSome(run: Running): Promise<number[]> {
  for (let i = 0; i < 200 && workersOf(run).length < 2; i += 1) await delay(50);
  expect(workersOf(run)).toHaveLength(2);
  return workersOf(run);
}

async function untilNone(run: Running): Promise<void> {
  for (let i = 0; i < 100 && processesIn(run.room).length > 0; i += 1) await delay(50);
  expect(processesIn(run.room)).toEqual([]);
}

async function result(raw: RawOptions): Promise<Result> {
  return runBenchmark(await planOf({ workload: 'hold', ...raw }), { out });
}

const failed = ({ runs }: Result): string[] =>
  runs[0].verdicts.filter(({ verdict }) => verdict === 'fail').map(({ check }) => check);

describe.each(['thread', 'process'] as const)('workers, each a %s', { timeout: 60_000 }, (isolate) => {
  it('count all that they do', async () => {
    const ended = await result({ strategy: 'single', isolate, duration: '800ms', warmup: '100ms' });
    expect(ended).toMatchObject({ partial: false, exitCode: 0 });
    const [run] = ended.runs;
    const { busy, tooLate, unreachable } = run.refused;
    expect(run.attempts).toBe(run.grants + busy + tooLate + unreachable + run.cancelled + run.unknown);
    expect(run.grants).toBeGreaterThan(20);
    expect(run.latencyUs.acquire.count).toBe(run.grants);
    expect(run.latencyUs.response.count).toBe(run.attempts);
    expect(run.latencyUs.response.max).toBeGreaterThan(run.latencyUs.response.mean!);
    expect(run.commandsPerGrant).toBeGreaterThanOrEqual(2);
    expect(run.series.reduce((sum, { grants }) => sum + grants, 0)).toBe(run.grantsInWindow);
    expect(failed(ended)).toEqual([]);
    expect(run.verdicts.find(({ check }) => check === 'accounting')).toMatchObject({ verdict: 'pass' });
    const cell = run.verdicts.some(({ check }) => check === 'mutual-exclusion-cell');
    expect(cell).toBe(isolate === 'thread');
  });

  it('are seen inside together where there is no lock', async () => {
    const ended = await result({ strategy: 'none', isolate, duration: '500ms' });
    expect(ended.exitCode).toBe(5);
    expect(failed(ended)).toContain('mutual-exclusion');
    expect(failed(ended)).not.toContain('accounting');
  });

  it('take their arrivals by the rate, and wait for nobody who has none', async () => {
    const ended = await result({ strategy: 'single', isolate, duration: '600ms', rate: '100' });
    expect(failed(ended)).toEqual([]);
    expect(ended.runs[0].attempts).toBeGreaterThan(40);
  });

  it('end the window after so many grants', async () => {
    const { runs } = await result({ strategy: 'single', isolate, operations: '100', think: '5ms', hold: '1ms' });
    if (isolate === 'thread') expect(runs[0].grantsInWindow).toBe(100);
    // Counted from outside, a moment later.
    else expect(runs[0].grantsInWindow).toBeGreaterThanOrEqual(100);
  });
});

describe('worker processes', { timeout: 60_000 }, () => {
  const args = [
    '--strategy',
    'single',
    '--workload',
    'hold',
    '--isolate',
    'process',
    '--warmup',
    '100ms',
    '--duration',
    '60s',
  ];

  it('are told nothing of our environment, and their servers by pipe', async () => {
    const run = bench(args, { env: { SECRET_OF_OURS: 'x' } });
    const [pid] = await untilSome(run);
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('SECRET_OF_OURS');
    const told = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(1).filter(Boolean);
    expect(told.filter((word) => !word.startsWith('--max-semi-space-size='))).toEqual([
      expect.stringMatching(/process-entry\.js$/),
    ]);
    run.kill('SIGKILL');
    await run.ended;
    await untilNone(run);
  });

  it('survive a Ctrl-C that reaches them too, until the harness has what it wants', async () => {
    const run = bench([...args, '--format', 'json']);
    const workers = await untilSome(run);
    await run.says('warming up');
    await delay(700);
    for (const pid of workers) execFileSync('kill', ['-INT', String(pid)]);
    run.kill('SIGINT');
    const { code, out: printed } = await run.ended;
    expect(code).toBe(130);
    const { runs } = JSON.parse(printed) as Result;
    expect(runs[0].incidents).toEqual([]);
    expect(runs[0].grants).toBeGreaterThan(0);
    expect(runs[0].verdicts.find(({ check }) => check === 'accounting')).toMatchObject({ verdict: 'pass' });
    await untilNone(run);
  });

  it('are missed when one is killed from outside', async () => {
    const run = bench([...args.slice(0, -1), '2s', '--format', 'json']);
    const [victim] = await untilSome(run);
    await run.says('warming up');
    await delay(500);
    process.kill(victim, 'SIGKILL');
    const { code, out: printed } = await run.ended;
    expect(code).toBe(6);
    const ended = JSON.parse(printed) as Result;
    expect(ended.partial).toBe(true);
    expect(ended.runs[0].incidents.join()).toMatch(/worker \d was lost: it was killed by SIGKILL/);
    expect(ended.runs[0].verdicts.find(({ check }) => check === 'accounting')).toMatchObject({ verdict: 'undecided' });
    await untilNone(run);
  });
});
