/** `bench ci`: steps from a file, checked before anything starts, and one exit code. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bench, emptyRoom, removeRooms, type Running } from './testing.js';

afterAll(removeRooms);

const action = fileURLToPath(new URL('../../../.github/actions/bench/run.sh', import.meta.url));
const short = { duration: '400ms', warmup: '50ms', contenders: 2 };
const good = { ...short, strategy: 'single', threshold: ['violations==0'] };

function ci(config: unknown, args: readonly string[] = []): Running {
  const room = emptyRoom();
  writeFileSync(join(room, 'bench.config.json'), JSON.stringify(config));
  return bench(['ci', ...args], { room });
}

describe('bench ci', { timeout: 60_000 }, () => {
  it('does every step, and the worst of them decides over the exit code', async () => {
    const { ended, room } = ci({
      run: [
        { ...good, name: 'met', report: ['junit=out/met.xml', 'json=out/met.json'] },
        { ...good, name: 'not met', threshold: 'acquire.mean<1us', report: 'junit=out/not-met.xml' },
        { ...short, strategy: 'none', workload: 'counter', keys: 1 },
      ],
      conform: { name: 'passes', strategy: 'single', client: 'ioredis', case: 'refuses-a-held-lock' },
    });
    const { code, out, err } = await ended;
    expect(code, err).toBe(5);
    expect(out).toMatch(/^run: met$[^]*^run: not met$[^]*^run 3 of 3$[^]*^conform: passes$/m);
    expect(out).toMatch(
      /bench ci\n {2}ok +run: met\n {2}not met +run: not met \(exit code 4\)\n {2}VIOLATED +run 3 of 3 \(exit code 5\)\n {2}ok +conform: passes\n$/,
    );
    expect(readFileSync(join(room, 'out', 'met.xml'), 'utf8')).not.toContain('<failure');
    expect(readFileSync(join(room, 'out', 'not-met.xml'), 'utf8').match(/<failure/g)).toHaveLength(1);
  });

  it('starts nothing when any step is wrong, and says which', async () => {
    const { ended, room } = ci({ run: [good, { ...good, keys: 'many', threshold: 'acquire.p101<5' }] });
    const { code, out, err } = await ended;
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain('bench.config.json: run 2 of 2: --keys: got "many"');
    expect(err).toContain('acquire.p101<5');
    expect(existsSync(join(room, 'results'))).toBe(false);
  });

  it('lets no two steps write one report', async () => {
    const report = { report: 'junit=out/locks.xml' };
    const { code, err } = await ci({
      run: [
        { ...good, ...report },
        { ...good, report: 'json=out/../out/locks.xml' },
      ],
    }).ended;
    expect(code).toBe(2);
    expect(err).toMatch(/run 2 of 2: --report: got "json=out\/..\/out\/locks.xml", which run 1 of 2 writes, too/);
  });

  it.each([
    [['mine.json'], /too many arguments: mine.json\n.*--config/],
    [['--config', 'nowhere.json'], /nowhere.json[^]*--config/],
    [['--threshold', 'violations==0'], /takes no --threshold/],
    [['--think', '5ms', '--case', 'x'], /takes no --case/],
  ])('refuses %s with the way out', async (args, message) => {
    const { code, err } = await ci({ run: good }, args).ended;
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it('shows each step as one would type it, with what is given beside the file', async () => {
    const compare = { baseline: 'single', candidate: 'single', budget: '1m' };
    const { code, out } = await ci({ run: good, compare }, ['--dry-run', '--seed', '7']).ended;
    expect(code).toBe(0);
    expect(out).toBe(
      'bench --duration 400ms --warmup 50ms --contenders 2 --strategy single --threshold violations==0 --seed 7\n' +
        'bench compare --baseline single --candidate single --budget 1m --seed 7\n',
    );
  });

  it('ends with Ctrl-C, and leaves the later steps', async () => {
    const running = ci({ run: [{ ...good, name: 'long', duration: '20s' }, good] });
    await running.says('warming up');
    running.kill('SIGINT');
    const { code, out } = await running.ended;
    expect(code).toBe(130);
    expect(out).toMatch(/interrupted +run: long \(exit code 130\)\n {2}not run +run 2 of 2/);
  });
});

describe('the action', { timeout: 60_000 }, () => {
  it('runs the program in the folder of the job and hands its exit code on', async () => {
    const room = emptyRoom();
    writeFileSync(join(room, 'mine.json'), JSON.stringify({ run: good }));
    const output = join(room, 'output');
    const env = {
      ...process.env,
      TMPDIR: room,
      BENCH_COMMAND: 'ci',
      BENCH_CONFIG: 'mine.json',
      BENCH_ARGS: '--threshold x',
      GITHUB_OUTPUT: output,
    };
    const run = (more: NodeJS.ProcessEnv): Promise<unknown> =>
      new Promise((resolve) => {
        execFile(action, { cwd: room, env: { ...env, ...more } }, (error) => resolve(error?.code ?? 0));
      });
    expect(await run({})).toBe(2);
    expect(await run({ BENCH_ARGS: '--quiet', GITHUB_STEP_SUMMARY: join(room, 'summary.md') })).toBe(0);
    expect(readFileSync(output, 'utf8')).toBe('exit-code=2\nexit-code=0\n');
    expect(readFileSync(join(room, 'summary.md'), 'utf8')).toContain('single');
    expect(existsSync(join(room, 'results'))).toBe(true);
  });
});
