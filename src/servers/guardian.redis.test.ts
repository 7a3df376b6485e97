import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { delay, nowMs } from '../base/clock.js';
import { startTimeOf } from './process-identity.js';

const goneLimitMs = 2_000;
const provision = new URL('./provision.js', import.meta.url).href;

/** A harness of its own process: brings up three servers, one of them twice, prints what it has, and waits for its end. */
const program = `
  import { dirname } from 'node:path';
  import { readlinkSync } from 'node:fs';
  import { execFileSync } from 'node:child_process';
  const { openServers } = await import(${JSON.stringify(provision)});
  const settings = { kind: 'process', image: '', persistence: 'none', external: [], keyPrefix: 'test:' };
  const host = await openServers(settings);
  const { controls, ...servers } = await host.provision({ kind: 'quorum', nodes: 3, replicas: 0 });
  await controls[2].kill();
  await controls[2].start('kept');
  const pids = controls.map((control) => control.pid);
  const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  const guardian = Number(/(\\d+) .*guardian-main/.exec(children)[1]);
  process.on('SIGUSR2', () => { throw new Error('a crash'); });
  process.on('SIGTERM', async () => { await servers.stop(); await host.close(); process.exit(0); });
  setInterval(() => {}, 1000);
  console.log(JSON.stringify({ pids, guardian, folder: dirname(readlinkSync('/proc/' + pids[0] + '/cwd')) }));
`;

interface Harness {
  readonly child: ChildProcess;
  readonly pids: readonly number[];
  readonly guardian: number;
  readonly folder: string;
}

async function startHarness(): Promise<Harness> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const { value } = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next();
  return { child, ...(JSON.parse(String(value)) as Omit<Harness, 'child'>) };
}

async function left({ pids, guardian, folder }: Harness): Promise<readonly string[]> {
  const limit = nowMs() + goneLimitMs;
  for (;;) {
    const alive = [...pids, guardian].filter((pid) => startTimeOf(pid) !== null).map((pid) => `process ${pid}`);
    const all = [...alive, ...(existsSync(folder) ? [folder] : [])];
    if (all.length === 0 || nowMs() > limit) return all;
    await delay(10);
  }
}

describe.skipIf(process.platform !== 'linux')('no server and no folder is left (looked for in /proc)', () => {
  test('when the harness is killed outright', async () => {
    const harness = await startHarness();
    harness.child.kill('SIGKILL');
    expect(await left(harness)).toEqual([]);
  });

  test('when the harness is killed while one server is stopped', async () => {
    const harness = await startHarness();
    process.kill(harness.pids[1]!, 'SIGSTOP');
    harness.child.kill('SIGKILL');
    expect(await left(harness)).toEqual([]);
  });

  test('when the harness crashes', async () => {
    const harness = await startHarness();
    harness.child.kill('SIGUSR2');
    expect(await left(harness)).toEqual([]);
  });

  test('when Ctrl-C hits the whole process group of the harness', async () => {
    const harness = await startHarness();
    process.kill(-harness.child.pid!, 'SIGINT');
    expect(await left(harness)).toEqual([]);
  });

  test('when the harness ends in good order', async () => {
    const harness = await startHarness();
    const ended = new Promise((resolve) => harness.child.once('exit', resolve));
    harness.child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(existsSync(harness.folder)).toBe(false);
    expect(await left(harness)).toEqual([]);
  });
});

test('a process that is not what was registered is spared', async () => {
  const { isStill } = await import('./process-identity.js');
  const startTime = startTimeOf(process.pid)!;
  expect(isStill(process.pid, startTime, process.cwd())).toBe(true);
  expect(isStill(process.pid, `${startTime}0`, process.cwd())).toBe(false);
  expect(isStill(process.pid, startTime, '/somewhere/else')).toBe(false);
});
