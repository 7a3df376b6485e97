/** npm packages that one can do without: whether they are installed, and loading them when they are used. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { LockbenchError } from '../contract/index.js';

export interface InstalledPackage {
  /** As it is published: it may be installed under another. */
  readonly name: string;
  readonly version: string;
  /** As its manifest says. */
  readonly licence: string;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);
const packageRoot = join(import.meta.dirname, '..', '..', '..');

/** Of this program. */
export function packageVersion(): string {
  return manifestIn(packageRoot)?.version ?? 'unknown';
}

/** Null when it is not installed. Its manifest is read as a file: many packages do not export it. */
export function installedPackage(name: string): InstalledPackage | null {
  for (const folder of require.resolve.paths(name) ?? []) {
    const manifest = manifestIn(join(folder, name));
    if (manifest === null) continue;
    return {
      name: manifest.name ?? name,
      version: (manifest.version ?? 'unknown').replace(/^v/, ''),
      licence: manifest.license ?? 'unknown',
    };
  }
  return null;
}

/** For results: "redlock 4.2.0"; nothing of a design that is no published library. */
export function publishedAs(name: string | undefined): { readonly package?: string } {
  const installed = name === undefined ? null : installedPackage(name);
  return installed === null ? {} : { package: `${installed.name} ${installed.version}` };
}

/** Rejects with NO_LIBRARY, and the way to get it. */
export async function importPackage<T>(name: string): Promise<T> {
  if (installedPackage(name) === null) throw missingPackage(name);
  try {
    return (await import(name)) as T;
  } catch (cause) {
    throw new LockbenchError(
      'NO_LIBRARY',
      `the package ${name} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      `Install it anew: ${installCommand(name)}`,
      { cause },
    );
  }
}

/**
 * An instance of a CommonJS package that nobody else in this thread has: for those that keep the state of a whole process in
 * their modules. Only its main file is loaded anew.
 */
export function freshPackage<T>(name: string): T {
  if (installedPackage(name) === null) throw missingPackage(name);
  const file = require.resolve(name);
  const { [file]: shared } = require.cache;
  delete require.cache[file];
  const fresh = require(name) as T;
  if (shared === undefined) delete require.cache[file];
  else require.cache[file] = shared;
  return fresh;
}

export function missingPackage(name: string): LockbenchError {
  return new LockbenchError(
    'NO_LIBRARY',
    `the package ${name} is not installed`,
    `Install it: ${installCommand(name)}`,
  );
}

/** In the very version that we were tried with, without running what it brings along. */
function installCommand(name: string): string {
  const own = manifestIn(packageRoot);
  const wanted = own?.optionalDependencies?.[name] ?? own?.devDependencies?.[name];
  return `npm install --no-save --ignore-scripts ${name}${wanted === undefined ? '' : `@${wanted}`}`;
}

function manifestIn(folder: string): Manifest | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return null;
  }
}
