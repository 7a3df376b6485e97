/**
 * A server program for a Debian or Ubuntu machine that has none: the distribution's own packages, fetched and verified by apt
 * with state folders of its own, and unpacked into the user's cache folder. Works for root and for everybody else; installs
 * nothing system-wide and starts no service. Kept is only the server and the libraries that came along.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { wallClock } from '../base/clock.js';
import type { LockbenchError } from '../contract/index.js';
import {
  cacheFolder,
  findProgram,
  manifestName,
  withLibraries,
  type CacheManifest,
  type ProgramBinary,
  type ProgramWanted,
} from './program-binary.js';

const run = promisify(execFile);

const commandLimitMs = 180_000;
const staleAfterMs = 3_600_000;

/** What is fetched, and what of it is kept. */
export interface Fetching {
  readonly cacheName: string;
  readonly packages: readonly string[];
  /** Where `packages` only stand for those of the current version: how these are called. One that is installed would satisfy them. */
  readonly meant?: RegExp;
  /** Asked for by name only where apt cannot work out what is missing, because the machine's packages are at odds. */
  readonly libraries: readonly string[];
  /** Copies from `root`, where the packages were unpacked, to `ready`; throws when something is not there. */
  keep(root: string, ready: string, staging: string): Promise<void>;
  /** What is thrown when it cannot be done here. */
  none(details: string): LockbenchError;
}

export interface Packages extends Pick<Fetching, 'packages' | 'libraries' | 'none'> {
  readonly wanted: ProgramWanted;
  /** Of the file in /usr/bin. */
  readonly program: string;
}

export async function unpackPackages(what: Packages): Promise<ProgramBinary> {
  const keep: Fetching['keep'] = (root, ready, staging) => keepProgram(root, ready, staging, what.program);
  const target = await fetchPackages({ ...what, cacheName: what.wanted.cacheName, keep });
  const found = findProgram(what.wanted);
  if (found === null) throw what.none(`what was unpacked into ${target} cannot be run`);
  return found;
}

/** Several at once do no harm: the first to be ready wins. Resolves with the folder. */
export async function fetchPackages(what: Fetching): Promise<string> {
  const target = cacheFolder(what.cacheName);
  try {
    await mkdir(dirname(target), { recursive: true });
    await removeStale(target);
    const staging = await mkdtemp(`${target}.new-`);
    try {
      await fillFolder(staging, what);
      await rm(target, { recursive: true, force: true });
      await rename(join(staging, 'ready'), target).catch(() => {});
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  } catch (error) {
    throw what.none(`none is installed, and apt could not fetch one: ${reasonOf(error)}`);
  }
  return target;
}

async function fillFolder(staging: string, what: Fetching): Promise<void> {
  const [archives, root, ready] = [join(staging, 'cache', 'archives'), join(staging, 'root'), join(staging, 'ready')];
  await download(staging, archives, what);
  for (const file of await readdir(archives)) {
    if (file.endsWith('.deb')) await call('dpkg', ['-x', join(archives, file), root], staging);
  }
  await what.keep(root, ready, staging);
}

/** Paths of all files below; with `links`, of what is only linked to as well. */
export async function filesBelow(root: string, links = false): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const kept = entries.filter((entry) => entry.isFile() || (links && entry.isSymbolicLink()));
  return kept.map((entry) => join(entry.parentPath, entry.name));
}

/** The program, and the libraries that came along. */
async function keepProgram(root: string, ready: string, staging: string, program: string): Promise<void> {
  const manifest: CacheManifest = { server: `bin/${program}`, libraries: 'lib' };
  const files = await filesBelow(root, true);
  const server = files.find((file) => file.endsWith(`/bin/${program}`));
  if (server === undefined) throw new Error(`the packages hold no ${program}`);
  await cp(server, join(ready, manifest.server), { dereference: true });
  await keepLibraries(files, join(ready, manifest.libraries));
  await writeFile(join(ready, manifestName), JSON.stringify(manifest));
  await call(join(ready, manifest.server), ['--version'], staging, withLibraries(join(ready, manifest.libraries)));
}

/** Those among `files`, under every name that they go by. */
export async function keepLibraries(files: readonly string[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of files.filter((name) => /^lib.*\.so(\.|$)/.test(basename(name)))) {
    await cp(file, join(folder, basename(file)), { dereference: true });
  }
}

/** Leaves the .deb files in `archives`: the packages, and of what they need that which the machine lacks. */
async function download(staging: string, archives: string, { packages, meant, libraries }: Fetching): Promise<void> {
  await mkdir(join(archives, 'partial'), { recursive: true });
  await mkdir(join(staging, 'state', 'lists', 'partial'), { recursive: true });
  const options = [
    `Dir::State=${join(staging, 'state')}`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${join(staging, 'cache')}`,
    `Dir::Log=${staging}`,
    'Debug::NoLocking=1',
    // As root, apt would switch to a user who cannot enter our folder.
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
  ].flatMap((option) => ['-o', option]);
  await call('apt-get', [...options, '-q', 'update'], archives);
  const names = meant === undefined ? packages : await dependencies(options, packages, meant);
  const wanted = ['--reinstall', '--download-only', '--no-install-recommends', '-y', ...names];
  await call('apt-get', [...options, '-q', 'install', ...wanted], archives).catch(() =>
    call('apt-get', [...options, '-q', 'download', ...names, ...libraries], archives),
  );
}

async function dependencies(
  options: readonly string[],
  packages: readonly string[],
  meant: RegExp,
): Promise<readonly string[]> {
  const { stdout } = await run('apt-cache', [...options, 'depends', ...packages], { timeout: commandLimitMs });
  const names = [...stdout.matchAll(/^[ |]*Depends: (\S+)$/gm)].flatMap(([, name = '']) =>
    meant.test(name) ? name : [],
  );
  if (names.length === 0) throw new Error(`${packages.join(' and ')} stands for no package`);
  return [...new Set(names)];
}

export async function call(program: string, args: readonly string[], cwd: string, more = {}): Promise<void> {
  await run(program, args, { cwd, timeout: commandLimitMs, env: { ...process.env, LC_ALL: 'C', ...more } });
}

/** What an earlier attempt left that was killed. */
async function removeStale(target: string): Promise<void> {
  const parent = dirname(target);
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (!name.startsWith(`${basename(target)}.new-`)) continue;
    const ageMs = wallClock().getTime() - (await stat(path)).mtimeMs;
    if (ageMs > staleAfterMs) await rm(path, { recursive: true, force: true });
  }
}

/** The first complaint of the program that failed, for it says more than "command failed". */
function reasonOf(error: unknown): string {
  const { code, path, message, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
  if (code === 'ENOENT' && (path === 'apt-get' || path === 'dpkg')) return `there is no ${path} here`;
  return /^(E: .*|.*error while loading.*)$/m.exec(stderr)?.[0] ?? message.split('\n')[0]!;
}
