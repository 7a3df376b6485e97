/** The program as a person or a CI job meets it: words, exit codes, and nothing left behind. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Plan, Result } from '../contract/index.js';
import { delay } from '../base/clock.js';
import { bench, emptyRoom, processesIn, program, removeRooms, runFolders, type Ended } from './testing.js';

afterAll(removeRooms);

const short = ['--duration', '600ms', '--warmup', '100ms'];
const run = (...args: string[]): Promise<Ended> => bench(args).ended;
const json = ({ out }: Ended): Result => JSON.parse(out) as Result;

async function untilNone(room: string): Promise<void> {
  for (let i = 0; i < 100 && processesIn(room).length > 0; i += 1) await delay(50);
  expect(processesIn(room)).toEqual([]);
}

describe('bench', { timeout: 60_000 }, () => {
  it('runs the main job and ends well', async () => {
    const { ended, room } = bench(short);
    const { code, out, err } = await ended;
    expect(code).toBe(0);
    expect(err).toContain('seed ');
    for (const words of ['strategy', 'hand-', 'redlock', 'violations', 'no violation', 'Results: results/'])
      expect(out).toContain(words);
    expect(out.split('\n').every((line) => line.length <= 100)).toBe(true);
    await untilNone(room);
    const [folder] = runFolders(room);
    expect(readdirSync(folder).sort()).toEqual(
      expect.arrayContaining([
        'environment.json',
        'faults.json',
        'histograms.json',
        'history',
        'plan.json',
        'series.json',
        'summary.json',
        'verdicts.json',
      ]),
    );
  });

  it('compares contestants round by round, and prints every field as JSON and nothing else', async () => {
    const ended = await run(
      '--strategy',
      'setnx,single,failover,redlock,redlock@quorum=all',
      '--client',
      'node-redis',
      '--repeat',
      '2',
      '--format',
      'json',
      ...short,
    );
    expect(ended.code).toBe(0);
    const result = json(ended);
    expect(result).toMatchObject({ schemaVersion: 1, partial: false, exitCode: 0 });
    expect(result.runs.map(({ strategy }) => strategy)).toEqual([
      'setnx',
      'single',
      'failover',
      'redlock',
      'redlock@quorum=all',
    ]);
    for (const one of result.runs) {
      expect(one.client).toBe('node-redis');
      expect(one.repeats).toHaveLength(2);
      expect(one.grants).toBeGreaterThan(0);
      const { busy, tooLate, unreachable } = one.refused;
      // Errors are of the whole run, warm-up included; a busy machine makes some there.
      const failed = Object.values(one.errors).reduce((sum, count) => sum + count, 0);
      const settled = one.grants + busy + tooLate + unreachable + one.cancelled + one.unknown;
      expect(one.attempts).toBeGreaterThanOrEqual(settled);
      expect(one.attempts).toBeLessThanOrEqual(settled + failed);
      expect(one.commandsPerGrant).toBeGreaterThanOrEqual(2);
      expect(one.latencyUs.acquire.count).toBe(one.grants);
      expect(one.clientOptions).toHaveProperty('library');
    }
  });

  it('fails without a lock: exclusion and updates are lost', async () => {
    const ended = await run('--strategy', 'none', '--workload', 'counter', '--keys', '1', '--format', 'json', ...short);
    expect(ended.code).toBe(5);
    const failed = json(ended)
      .runs[0].verdicts.filter(({ verdict }) => verdict === 'fail')
      .map(({ check }) => check);
    expect(failed).toEqual(expect.arrayContaining(['mutual-exclusion', 'mutual-exclusion-cell', 'lost-updates']));
  });

  it('loses no update with a lock', async () => {
    const ended = await run('--strategy', 'single', '--workload', 'counter', '--format', 'json', ...short);
    expect(ended.code).toBe(0);
    expect(json(ended).runs[0].verdicts.find(({ check }) => check === 'lost-updates')).toMatchObject({
      verdict: 'pass',
      violations: 0,
    });
  });

  it('tells the theft of a lock in words', async () => {
    const { code, out } = await run(
      '--strategy',
      'single-del',
      '--holder',
      'naive',
      '--ttl',
      '200ms',
      '--hold',
      '300ms',
      '--keys',
      '1',
      '--duration',
      '2s',
    );
    expect(code).toBe(5);
    expect(out).toContain('theft');
  });

  it('goes on when one of five servers is killed, and says so', async () => {
    const running = bench(['--duration', '1500ms', '--warmup', '200ms', '--format', 'json']);
    await running.says('warming up');
    await delay(700);
    const victim = processesIn(running.room).find((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('redis-server'),
    );
    process.kill(victim!, 'SIGKILL');
    const ended = await running.ended;
    expect(ended.code).toBe(0);
    const [one] = json(ended).runs;
    expect(one.incidents.join(' ')).toMatch(/exited|killed|SIGKILL/);
    expect(one.grants).toBeGreaterThan(20);
    expect(one.verdicts.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('keeps what was measured on %s', async (signal, code) => {
    const running = bench(['--duration', '30s', '--warmup', '100ms', '--format', 'json']);
    await running.says('warming up');
    await delay(1200);
    running.kill(signal);
    const ended = await running.ended;
    expect(ended.code).toBe(code);
    const result = json(ended);
    expect(result.partial).toBe(true);
    expect(result.runs[0].grants).toBeGreaterThan(20);
    expect(result.runs[0].durationMs).toBeLessThan(20_000);
    await untilNone(running.room);
  });

  it('ends well when interrupted before anything ran', async () => {
    const running = bench(['--duration', '30s']);
    await running.says('seed');
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    await untilNone(running.room);
  });

  it('leaves no server behind when it is killed itself', async () => {
    const running = bench(['--duration', '30s', '--warmup', '100ms']);
    await running.says('warming up');
    expect(processesIn(running.room).length).toBeGreaterThanOrEqual(5);
    running.kill('SIGKILL');
    await running.ended;
    await untilNone(running.room);
  });

  it('takes operations at a rate, timed from their intended starts', async () => {
    const ended = await run(
      '--strategy',
      'single',
      '--rate',
      '200',
      '--keys',
      '50',
      '--contenders',
      '8',
      '--format',
      'json',
      ...short,
    );
    expect(ended.code).toBe(0);
    const [one] = json(ended).runs;
    expect(one.load).toMatchObject({ shape: 'rate', targetHz: 200 });
    expect(one.latencyUs.response.count).toBeGreaterThanOrEqual(115);
    expect(one.latencyUs.sendDelay.count).toBe(one.attempts);
  });

  it('calls a run invalid whose rate was not reached', async () => {
    const ended = await run(
      '--strategy',
      'single',
      '--rate',
      '2000',
      '--keys',
      '1',
      '--hold',
      '20ms',
      '--format',
      'json',
      ...short,
    );
    expect(ended.code).toBe(6);
    expect(json(ended).warnings.join(' ')).toContain('arrivals per second');
  });

  it('ends after so many operations', async () => {
    const ended = await run('--strategy', 'single', '--operations', '100', '--warmup', '0', '--format', 'json');
    expect(ended.code).toBe(0);
    expect(json(ended).runs[0].grants).toBeGreaterThan(90);
    expect(json(ended).runs[0].grants).toBeLessThan(130);
  });

  it('extends leases while they are held', async () => {
    const ended = await run(
      '--strategy',
      'single,redlock',
      '--ttl',
      '300ms',
      '--hold',
      '400ms',
      '--extend-every',
      '100ms',
      '--format',
      'json',
      '--duration',
      '2s',
    );
    expect(ended.code).toBe(0);
    for (const one of json(ended).runs) expect(one.latencyUs.extend.count).toBeGreaterThan(2);
  });

  it('repeats a run from its plan, and judges and prints a stored one without any server', async () => {
    const first = bench(['--strategy', 'single', '--seed', '42', ...short]);
    expect((await first.ended).code).toBe(0);
    const [folder] = runFolders(first.room);
    const again = await run('--plan', join(folder, 'plan.json'), '--dry-run');
    expect(JSON.parse(again.out) as Plan).toEqual(JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')));
    const bare = { room: first.room, env: { PATH: '', HOME: first.room } };
    const checked = await bench(['check', folder], bare).ended;
    expect(checked.code).toBe(0);
    expect(checked.out).toMatch(/pass +mutual-exclusion/);
    for (const format of ['table', 'json', 'markdown', 'csv']) {
      const printed = await bench(['report', folder, '--format', format], bare).ended;
      expect([printed.code, printed.out.includes('single')]).toEqual([0, true]);
    }
  });

  it('takes a strategy from a file anywhere: the one in the README', async () => {
    const room = emptyRoom();
    const root = fileURLToPath(new URL('../../../', import.meta.url));
    const [, example] = /```js\n(\/\/ my-lock[\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))!;
    writeFileSync(join(room, 'my-lock.mjs'), example);
    const ended = await bench(['--strategy', './my-lock.mjs@timeout=100ms,single', '--format', 'json', ...short], {
      room,
    }).ended;
    expect(ended.code).toBe(0);
    expect(json(ended).runs.map(({ strategy, grants }) => [strategy, grants > 10])).toEqual([
      ['my-lock@timeout=100ms', true],
      ['single', true],
    ]);
  });

  it.each([
    ['await new Promise(() => {}); export default {};', 'it did not finish loading'],
    [
      "import single from 'X'; export default { ...single, judge: () => 'yes', name: 'odd' };",
      'judge() of the strategy odd returned',
    ],
    [
      "import single from 'X'; export default { ...single, judge() { throw new Error('boom'); }, name: 'odd' };",
      'Error: boom',
    ],
    [
      "import single from 'X'; export default { ...single, open() { throw new Error('boom'); }, name: 'odd' };",
      'failed to open: Error: boom',
    ],
    [
      "import single from 'X'; export default { ...single, open: () => new Promise(() => {}), name: 'odd' };",
      'did not open within',
    ],
  ])('tells whose fault it is when a strategy is broken: %s', async (source, words) => {
    const room = emptyRoom();
    writeFileSync(
      join(room, 'odd.mjs'),
      source.replace('X', new URL('../../strategies/single.js', import.meta.url).href),
    );
    const ended = await bench(['--strategy', './odd.mjs', ...short], { room }).ended;
    expect(ended.err).toContain(words);
    expect(ended.err).not.toContain('please report it');
    expect(ended.code).toBe(2);
    expect(readdirSync(room)).not.toContain('history');
  });

  it('shows what a strategy throws, and keeps what it logs out of the report', async () => {
    const room = emptyRoom();
    const single = new URL('../../strategies/single.js', import.meta.url).href;
    const source = `import single from '${single}'; console.log('hello');
      export default { ...single, name: 'odd', async open(...args) {
        const session = await single.open(...args);
        return { acquire: () => { throw new Error('boom'); }, release: (g) => session.release(g), quiesce: () => session.quiesce(),
          backlog: () => session.backlog(), close: () => session.close() };
      } };`;
    writeFileSync(join(room, 'odd.mjs'), source);
    const ended = await bench(['--strategy', './odd.mjs', '--format', 'json', ...short], { room }).ended;
    expect(ended.code).toBe(6);
    expect(ended.err).toContain('hello');
    expect(json(ended).runs[0].incidents.join(' ')).toContain('the strategy threw Error: boom');
  });

  it('says that a report could not be written', async () => {
    const first = bench(['--strategy', 'none', '--duration', '100ms', '--warmup', '0']);
    await first.ended;
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `"${process.execPath}" "$0" report "$1" --format json > /dev/full`, program, runFolders(first.room)[0]],
      { encoding: 'utf8' },
    );
    expect(status).toBe(3);
    expect(stderr).toContain('could not be written');
  });

  it('keeps the results elsewhere when the disk is full', async (test) => {
    const room = emptyRoom();
    const small = join(room, 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      test.skip('a small file system cannot be mounted here');
    }
    try {
      const { code, out, err } = await bench(['--strategy', 'none', '--out', small, '--duration', '1s'], { room })
        .ended;
      expect(code).toBe(5);
      expect(err).toContain('the rest of the results goes to');
      const where = /Results: (\S+)/.exec(out)![1];
      expect(where.startsWith(small)).toBe(false);
      expect((JSON.parse(readFileSync(join(where, 'summary.json'), 'utf8')) as Result).runs[0].grants).toBeGreaterThan(
        100,
      );
    } finally {
      execFileSync('umount', ['-l', small]);
      rmSync(room, { recursive: true, force: true });
    }
  });
});
