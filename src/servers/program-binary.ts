/**
 * Which file to run for a server program: the one that an environment variable names, else the first on PATH, else what was
 * unpacked into the user's cache folder. Looks only; fetches and starts nothing.
 */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { LockbenchError } from '../contract/index.js';

export interface ProgramBinary {
  readonly path: string;
  /** Where its libraries lie when the system does not have them. */
  readonly libraryPath: string | null;
  /** Where it was found, for `bench doctor`: the variable, PATH, or cache. */
  readonly origin: string;
}

/** How a program is looked for. */
export interface ProgramWanted {
  /** "BENCH_REDIS_SERVER" */
  readonly variable: string;
  /** By which it goes on PATH, the first that is there. */
  readonly names: readonly string[];
  /** Of the cache folder. */
  readonly cacheName: string;
}

/** What is left beside files that were unpacked; both paths are relative to the cache folder. */
export interface CacheManifest {
  readonly server: string;
  readonly libraries: string;
}

export const manifestName = 'lockbench.json';

export function cacheFolder(name: string): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(base, 'lockbench', name);
}

/** The environment variable by which a program finds its libraries. */
export function withLibraries(libraryPath: string | null): Readonly<Record<string, string>> {
  return libraryPath === null ? {} : { LD_LIBRARY_PATH: libraryPath };
}

/** Null when there is none; throws when the variable names something that cannot be run. */
export function findProgram({ variable, names, cacheName }: ProgramWanted): ProgramBinary | null {
  const named = process.env[variable];
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return { path: resolve(named), libraryPath: null, origin: variable };
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `${variable} is ${named}, which is not a program that can be run`,
      `Set it to the full path of a ${names.join(' or ')}, or unset it.`,
    );
  }
  for (const name of names) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const path = resolve(folder, name);
      if (folder !== '' && isProgram(path)) return { path, libraryPath: null, origin: 'PATH' };
    }
  }
  return cached(cacheName);
}

function cached(name: string): ProgramBinary | null {
  const folder = cacheFolder(name);
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
