/** What a CI job leans on: thresholds, reports in files, the order of exit codes. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HistogramLogReader } from 'hdr-histogram-js';
import { afterAll, describe, expect, it } from 'vitest';
import type { Result } from '../contract/index.js';
import { bench, emptyRoom, removeRooms, runFolders, type Ended } from './testing.js';

afterAll(removeRooms);

const short = ['--duration', '600ms', '--warmup', '100ms'];

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): { room: string; ended: Promise<Ended> } {
  return bench(args, { env });
}

const json = ({ out }: Ended): Result => JSON.parse(out) as Result;
const texts = (...thresholds: readonly string[]): string[] => thresholds.flatMap((text) => ['--threshold', text]);

describe('a threshold', { timeout: 60_000 }, () => {
  it('that is crossed makes the exit code 4, and one that is met does not', async () => {
    const args = ['--strategy', 'single,none', '--keys', '1000', ...short, '--format', 'json'];
    const kept = await run([...args, ...texts('acquire.p50<1m', 'none:attempts>1')]).ended;
    expect(json(kept).runs.map(({ thresholds }) => thresholds.map(({ text, ok }) => [text, ok]))).toEqual([
      [['acquire.p50<1m', true]],
      [['none:attempts>1', true]],
    ]);
    const crossed = await run([...args.with(1, 'single'), ...texts('acquire.mean<1us', 'jain>1%', 'acquire.p999<1m')])
      .ended;
    expect(crossed.code).toBe(4);
    expect(json(crossed).exitCode).toBe(4);
    const [one] = json(crossed).runs;
    expect(one.thresholds.map(({ ok }) => ok)).toEqual([false, true, false]);
    expect(one.thresholds[0].observed).toBe(one.latencyUs.acquire.mean);
    expect(one.thresholds[2]).toMatchObject({ observed: null, why: expect.stringContaining('too few') as string });
  });

  it('yields to a violation, which is exit code 5', async () => {
    const args = [
      '--strategy',
      'single-del',
      '--holder',
      'naive',
      '--ttl',
      '50ms',
      '--hold',
      '80ms',
      '--duration',
      '1s',
    ];
    expect((await run([...args, ...texts('acquire.mean<1us')]).ended).code).toBe(5);
  });

  it('yields to a run that is not valid, which is exit code 6', async () => {
    const args = ['--strategy', 'single', '--rate', '2000', '--keys', '1', '--hold', '20ms', ...short];
    expect((await run([...args, ...texts('acquire.mean<1us')]).ended).code).toBe(6);
  });

  it('that cannot be read ends everything before it begins', async () => {
    const { room, ended } = run(texts('acquire.p101<5'));
    const { code, err, out } = await ended;
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('there is no metric acquire.p101; did you mean acquire.p50');
    expect(readdirSync(room)).toEqual([]);
  });

  it('ends the run with the contestant that crosses it, when asked to', async () => {
    const args = ['--strategy', 'single,setnx', '--repeat', '3', '--abort-on-fail', '--format', 'json', ...short];
    const { code, err, out } = await run([...args, ...texts('acquire.max<1us')]).ended;
    expect(code).toBe(4);
    const { runs, partial, endedEarly } = JSON.parse(out) as Result;
    expect(runs).toHaveLength(1);
    expect(runs[0].grants).toBeGreaterThan(0);
    expect(partial).toBe(true);
    expect(endedEarly).toMatch(/cannot meet acquire\.max<1us any more \(.* so far\); not run: /);
    expect(err).toContain('the run ended early');
  });

  it('on violations ends a round in its midst', async () => {
    const args = ['--strategy', 'none', '--duration', '60s', '--abort-on-fail', '--format', 'json'];
    const ended = await run([...args, ...texts('none:violations==0')]).ended;
    expect(ended.code).toBe(5);
    expect(json(ended).runs[0].durationMs).toBeLessThan(30_000);
    expect(json(ended).runs[0].durationMs).toBeGreaterThan(400);
    expect(json(ended).endedEarly).toContain('none cannot meet none:violations==0 any more');
  });
});

describe('--report', { timeout: 60_000 }, () => {
  it('writes any number of files, whatever becomes of one of them', async () => {
    const room = emptyRoom();
    writeFileSync(join(room, 'file'), '');
    const files = [
      'junit=out/deep/junit.xml',
      'json=out/result.json',
      'csv=file/no.csv',
      'hlog=out/run.hlog',
      'github=out/gh.txt',
    ];
    const args = ['--strategy', 'single', ...files.flatMap((text) => ['--report', text])];
    const ended = await bench([...args, '--duration', '1500ms', '--warmup', '0'], { room }).ended;
    expect(ended.code).toBe(3);
    expect(ended.err).toContain('the report csv could not be written to file/no.csv');
    expect(ended.out).toContain('grants/s');
    const read = (name: string): string => readFileSync(join(room, 'out', name), 'utf8');
    expect(readdirSync(join(room, 'out')).sort()).toEqual(['deep', 'gh.txt', 'result.json', 'run.hlog']);
    expect(read('deep/junit.xml')).toContain('failures="0"');
    expect(read('gh.txt')).toMatch(/^::/);
    const { runs, folder } = JSON.parse(read('result.json')) as Result;
    const reader = new HistogramLogReader(read('run.hlog'), 64);
    const acquire = reader.nextIntervalHistogram()!;
    expect(acquire.tag).toBe('single/acquire');
    expect(acquire.getValueAtPercentile(50) / 1000).toBe(runs[0].latencyUs.acquire.p50);
    const again = await bench(['report', folder!, '--format', 'hgrm', '--report', 'hlog=again.hlog'], { room }).ended;
    expect([again.code, readFileSync(join(room, 'again.hlog'), 'utf8')]).toEqual([0, read('run.hlog')]);
    expect(again.out).toContain('#[Tag=single/acquire, unit=us]');
  });

  it('leaves the exit code of what is worse than a missing file', async () => {
    const args = [
      '--strategy',
      'single',
      ...texts('acquire.mean<1us'),
      '--report',
      'csv=/proc/nowhere/no.csv',
      ...short,
    ];
    expect((await run(args).ended).code).toBe(4);
  });

  it.each([
    ['junti=out.xml', 'Did you mean junit?'],
    ['junit', 'expected REPORTER=PATH'],
    ['junit=', 'expected REPORTER=PATH'],
    ['junit=.', 'its path is a folder'],
    ['junit=new/', 'its path is a folder'],
  ])('refuses %s before anything starts', async (text, words) => {
    const { room, ended } = run(['--report', text]);
    const { code, err } = await ended;
    expect([code, readdirSync(room)]).toEqual([2, []]);
    expect(err).toContain(words);
  });

  it('refuses two reports in one file', async () => {
    const { code, err } = await run(['--report', 'junit=a', '--report', 'csv=./a']).ended;
    expect(code).toBe(2);
    expect(err).toContain('the path is taken by junit');
  });
});

describe('in GitHub Actions', { timeout: 60_000 }, () => {
  it('the report goes to the page of the job, annotations to standard error, and standard output stays as it is', async () => {
    const room = emptyRoom();
    mkdirSync(join(room, 'gh'));
    const summary = join(room, 'gh', 'summary.md');
    writeFileSync(summary, 'before\n');
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };
    const args = ['--strategy', 'single', ...short, '--format', 'json', ...texts('acquire.mean<1us')];
    const ended = await bench(args, { room, env }).ended;
    expect(ended.code).toBe(4);
    expect(json(ended).runs).toHaveLength(1);
    expect(ended.err).toMatch(/^::error title=single%3A threshold acquire\.mean<1us::/m);
    expect(readFileSync(summary, 'utf8')).toMatch(/^before\n## lockbench/);
    expect(existsSync(join(runFolders(room)[0], 'summary.json'))).toBe(true);
  });
});
