import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { delay, nowMs } from '../../base/clock.js';
import type { Persistence } from '../../contract/index.js';
import { openServers, type Provisioned, type ServerControl, type ServerHost } from '../provision.js';
import { findRedis } from '../redis-binary.js';
import { clockShimAvailable } from './clock.js';
import { findFaketime } from './faketime.js';
import { fsyncShimAvailable } from './fsync.js';
import type { ShimNeeds } from './preload.js';

const hosts: ServerHost[] = [];
const syncs = fsyncShimAvailable();
const noCompiler = syncs.available ? '' : syncs.reason;
const noFaketime = findFaketime() === null;

async function provision(persistence: Persistence, needs: ShimNeeds): Promise<Provisioned> {
  const settings = { kind: 'process', image: '', persistence, external: [], keyPrefix: 'lockbench:shims:' } as const;
  const host = await openServers(settings);
  hosts.push(host);
  return host.provision({ kind: 'single', nodes: 1, replicas: 0 }, needs);
}

async function serverWith(persistence: Persistence, needs: ShimNeeds): Promise<ServerControl> {
  return (await provision(persistence, needs)).controls[0]!;
}

/** As on a machine with Redis and nothing else. */
function withoutTools(): void {
  const { path, origin } = findRedis()!;
  // One from the cache is found without PATH, and by its path alone would lack its libraries.
  if (origin !== 'cache') vi.stubEnv('BENCH_REDIS_SERVER', path);
  vi.stubEnv('PATH', join(tmpdir(), 'no-such-folder'));
  vi.stubEnv('CC', '');
}

afterEach(() => vi.unstubAllEnvs());
afterAll(() => Promise.all(hosts.map((host) => host.close())));

async function aheadMs(server: ServerControl): Promise<number> {
  return Math.round(await server.clockAheadMs());
}

async function obeysItsClock(server: ServerControl): Promise<void> {
  expect(Math.abs(await aheadMs(server))).toBeLessThan(200);
  await server.call('SET', 'lease', 'a', 'PX', 30_000);
  server.setClock({ stepMs: 60_000, rate: 1 });
  expect(Math.abs((await aheadMs(server)) - 60_000)).toBeLessThan(200);
  expect(await server.call('SET', 'lease', 'b', 'NX', 'PX', 30_000)).toBe('OK');

  server.setClock({ stepMs: 0, rate: 1 });
  expect(Math.abs(await aheadMs(server))).toBeLessThan(200);
  expect(Number(await server.call('PTTL', 'lease'))).toBeGreaterThan(60_000);

  server.setClock({ stepMs: -60_000, rate: 1 });
  expect(Math.abs((await aheadMs(server)) + 60_000)).toBeLessThan(200);
  // The timers of a server do not follow the wall clock: a pause of writes ends in its own time.
  await server.call('CLIENT', 'PAUSE', 100, 'WRITE');
  expect(await server.call('SET', 'paused', '1')).toBe('OK');
}

async function runsAtItsRate(server: ServerControl): Promise<void> {
  server.setClock({ stepMs: 0, rate: 2 });
  expect(Math.abs(await aheadMs(server))).toBeLessThan(200);
  await server.call('SET', 'lease', 'a', 'PX', 60_000);
  const beganMs = nowMs();
  await delay(1_000);
  const usedMs = 60_000 - Number(await server.call('PTTL', 'lease'));
  const ratio = usedMs / (nowMs() - beganMs);
  expect(ratio).toBeGreaterThan(1.5);
  expect(ratio).toBeLessThan(2.5);
  server.setClock({ stepMs: 0, rate: 1 });
  expect(Math.abs(await aheadMs(server))).toBeLessThan(200);
}

describe.skipIf(noCompiler !== '')(`the clock shim (skipped without a compiler: ${noCompiler})`, () => {
  test('steps the wall clock of a server forth and back', async () => {
    await obeysItsClock(await serverWith('none', { clockShim: true }));
  });

  test('runs it faster, without a jump', async () => {
    await runsAtItsRate(await serverWith('none', { clockShim: true }));
  });

  test('keeps its time over a restart, as the clock of a machine does', async () => {
    const server = await serverWith('none', { clockShim: true });
    server.setClock({ stepMs: 60_000, rate: 1 });
    await server.kill();
    await server.start('kept');
    expect(Math.abs((await aheadMs(server)) - 60_000)).toBeLessThan(200);
  });
});

describe.skipIf(noFaketime)('libfaketime in its place (skipped where it is not installed)', () => {
  test('steps the wall clock of a server forth and back', async () => {
    withoutTools();
    await obeysItsClock(await serverWith('none', { clockShim: true }));
  });

  test('runs it faster, without a jump, also some time after the start and after another start', async () => {
    withoutTools();
    const server = await serverWith('none', { clockShim: true });
    await delay(1_000);
    await runsAtItsRate(server);
    server.setClock({ stepMs: 60_000, rate: 1 });
    await server.kill();
    await server.start('kept');
    expect(Math.abs((await aheadMs(server)) - 60_000)).toBeLessThan(200);
  });
});

describe.skipIf(noCompiler !== '')(`a power failure (skipped without a compiler: ${noCompiler})`, () => {
  test('costs what was written in the last second when syncs come every second', async () => {
    const server = await serverWith('everysec', { fsyncShim: true });
    await server.call('SET', 'early', '1');
    await delay(2_100);
    // The next write is synced at once, being the first in a second; those after it are not.
    for (let i = 0; i < 200; i += 1) await server.call('SET', `late-${i}`, '1');
    await server.kill();
    const { lostBytes } = await server.start('synced');
    const left = Number(await server.call('DBSIZE'));
    expect(await server.call('GET', 'early')).toBe('1');
    expect(lostBytes).toBeGreaterThan(0);
    expect(left).toBeLessThan(201);
  });

  test('costs nothing when every write is synced, and neither does the next one', async () => {
    const server = await serverWith('always', { fsyncShim: true });
    for (const round of [1, 2]) {
      for (let i = 0; i < 50; i += 1) await server.call('SET', `key-${round}-${i}`, '1');
      await server.kill();
      expect(await server.start('synced')).toEqual({ lostBytes: 0 });
      expect(await server.call('DBSIZE')).toBe(50 * round);
    }
  });

  test('leaves what was rewritten: the new base is synced before it gets its name', async () => {
    const server = await serverWith('everysec', { fsyncShim: true });
    await server.call('SET', 'early', '1');
    await server.call('BGREWRITEAOF');
    const limit = nowMs() + 5_000;
    const busy = async (): Promise<boolean> =>
      /aof_rewrite_(in_progress|scheduled):1/.test(String(await server.call('INFO', 'persistence')));
    while ((await busy()) && nowMs() < limit) await delay(20);
    await server.kill();
    await server.start('synced');
    expect(await server.call('GET', 'early')).toBe('1');
  });

  test('is followed by others like the first after a start without data', async () => {
    const server = await serverWith('always', { fsyncShim: true, clockShim: true });
    await server.call('SET', 'first', '1');
    await server.kill();
    await server.start('empty');
    await server.call('SET', 'second', '1');
    await server.kill();
    expect(await server.start('synced')).toEqual({ lostBytes: 0 });
    expect(await server.call('KEYS', '*')).toEqual(['second']);
  });

  test('leaves nothing of a server that keeps nothing', async () => {
    const server = await serverWith('none', { fsyncShim: true });
    await server.call('SET', 'key', '1');
    await server.kill();
    expect(await server.start('synced')).toEqual({ lostBytes: 0 });
    expect(await server.call('DBSIZE')).toBe(0);
  });
});

describe('a machine without tools', () => {
  test('says that there is no shim, and what is missing', async () => {
    withoutTools();
    const missing = 'no compiler (gcc, cc or clang)';
    expect(fsyncShimAvailable()).toEqual({ available: false, reason: missing });
    expect(clockShimAvailable([])).toEqual({ available: false, reason: `${missing} and no libfaketime` });
    await expect(provision('always', { fsyncShim: true })).rejects.toMatchObject({ code: 'SERVER_FAILED' });
  });

  test('has no compiler when the one that CC names is not there', () => {
    vi.stubEnv('CC', 'no-such-compiler -m64');
    expect(fsyncShimAvailable()).toMatchObject({ reason: expect.stringMatching(/CC is no-such-compiler/) });
  });

  test.skipIf(process.platform !== 'linux')('counts no compiler that lacks the headers of the C library', () => {
    const folder = mkdtempSync(join(tmpdir(), 'no-headers-'));
    const path = join(folder, 'gcc');
    writeFileSync(path, '#!/bin/sh\nexit 1\n');
    chmodSync(path, 0o755);
    vi.stubEnv('CC', path);
    expect(fsyncShimAvailable()).toMatchObject({ available: false, reason: expect.stringMatching(/no headers/) });
    rmSync(folder, { recursive: true });
  });
});

test.skipIf(noCompiler !== '')('a server that a shim cannot be loaded into is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'broken-compiler-'));
  const path = join(folder, 'cc');
  // Answers to the question for headers, and then makes something that is no library.
  writeFileSync(
    path,
    '#!/bin/sh\nfor last; do case "$prev" in -o) echo nonsense > "$last";; esac; prev="$last"; done\n',
  );
  chmodSync(path, 0o755);
  vi.stubEnv('CC', path);
  for (const needs of [{ clockShim: true }, { fsyncShim: true }] as const) {
    await expect(provision('always', needs)).rejects.toMatchObject({
      code: 'SERVER_FAILED',
      message: expect.stringMatching(/primary runs without the (clock|fsync) shim/),
      hint: expect.stringMatching(/LD_PRELOAD/),
    });
  }
  rmSync(folder, { recursive: true });
});

test.skipIf(process.platform !== 'linux')('nothing is preloaded unless it is asked for', async () => {
  const server = await serverWith('none', {});
  expect(readFileSync(`/proc/${server.pid}/maps`, 'utf8')).not.toMatch(/shim|faketime/);
  expect(execFileSync('ps', ['eww', '-o', 'command=', '-p', String(server.pid)], { encoding: 'utf8' })).not.toMatch(
    /LD_PRELOAD/,
  );
});
