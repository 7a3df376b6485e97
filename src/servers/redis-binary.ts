/**
 * Which Redis to start: the one named by BENCH_REDIS_SERVER, else redis-server or valkey-server on PATH, else what
 * set-up unpacked into the user's cache folder. Looks only; fetches and starts nothing.
 */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { LockbenchError } from '../contract/index.js';

export interface RedisBinary {
  readonly path: string;
  /** Where its libraries lie when the system does not have them. */
  readonly libraryPath: string | null;
  /** Where it was found, for `bench doctor`. */
  readonly origin: 'BENCH_REDIS_SERVER' | 'PATH' | 'cache';
}

/** What set-up leaves beside the files it unpacked; both paths are relative to the cache folder. */
export interface CacheManifest {
  readonly server: string;
  readonly libraries: string;
}

export const serverNames = ['redis-server', 'valkey-server'] as const;
export const manifestName = 'lockbench.json';

export function cacheFolder(): string {
  return cacheFolderOf('redis');
}

/** Where server programs are unpacked to, by their names. */
export function cacheFolderOf(program: string): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(base, 'lockbench', program);
}

/** Null when there is none; throws when BENCH_REDIS_SERVER names something that cannot be run. */
export function findRedis(): RedisBinary | null {
  const named = process.env['BENCH_REDIS_SERVER'];
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return { path: resolve(named), libraryPath: null, origin: 'BENCH_REDIS_SERVER' };
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `BENCH_REDIS_SERVER is ${named}, which is not a program that can be run`,
      'Set it to the full path of a redis-server or valkey-server, or unset it.',
    );
  }
  for (const name of serverNames) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const path = resolve(folder, name);
      if (folder !== '' && isProgram(path)) return { path, libraryPath: null, origin: 'PATH' };
    }
  }
  return cachedRedis();
}

function cachedRedis(): RedisBinary | null {
  const folder = cacheFolder();
  try {
    const manifest = JSON.parse(readFileSync(join(folder, manifestName), 'utf8')) as CacheManifest;
    const path = join(folder, manifest.server);
    return isProgram(path) ? { path, libraryPath: join(folder, manifest.libraries), origin: 'cache' } : null;
  } catch {
    return null;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
