import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { cacheFolder, manifestName } from './program-binary.js';
import { findRedis } from './redis-binary.js';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-'));
});

beforeEach(() => {
  vi.stubEnv('BENCH_REDIS_SERVER', '');
  vi.stubEnv('PATH', '');
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function program(...path: readonly string[]): string {
  const file = join(folder, ...path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, '');
  chmodSync(file, 0o755);
  return file;
}

describe('the Redis to start', () => {
  test('is none where there is none', () => {
    expect(findRedis()).toBe(null);
  });

  test('is what set-up unpacked, with its libraries', () => {
    const path = program('cache', 'lockbench', 'redis', 'usr', 'bin', 'redis-server');
    writeFileSync(
      join(cacheFolder('redis'), manifestName),
      JSON.stringify({ server: 'usr/bin/redis-server', libraries: 'lib' }),
    );
    expect(findRedis()).toEqual({ path, libraryPath: join(cacheFolder('redis'), 'lib'), origin: 'cache' });
  });

  test('is the one on PATH before that, Redis or Valkey', () => {
    const valkey = program('v', 'valkey-server');
    const redis = program('r', 'redis-server');
    writeFileSync(join(folder, 'redis-server'), 'not a program');
    vi.stubEnv('PATH', `${folder}:${join(folder, 'v')}`);
    expect(findRedis()).toEqual({ path: valkey, libraryPath: null, origin: 'PATH' });
    vi.stubEnv('PATH', `${join(folder, 'v')}:${join(folder, 'r')}`);
    expect(findRedis()?.path).toBe(redis);
  });

  test('is the one named by BENCH_REDIS_SERVER before any other', () => {
    vi.stubEnv('PATH', join(folder, 'r'));
    const path = program('own', 'my-redis');
    vi.stubEnv('BENCH_REDIS_SERVER', path);
    expect(findRedis()).toEqual({ path, libraryPath: null, origin: 'BENCH_REDIS_SERVER' });
  });

  test('is not silently another one when the named one cannot be run', () => {
    vi.stubEnv('BENCH_REDIS_SERVER', join(folder, 'missing'));
    expect(() => findRedis()).toThrow(/BENCH_REDIS_SERVER is .*missing, which is not a program/);
  });
});
