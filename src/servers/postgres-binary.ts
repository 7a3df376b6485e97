/**
 * Which PostgreSQL to start: the folder named by BENCH_POSTGRES_BIN, else the programs on PATH, else where Debian, Red Hat and
 * Homebrew put them, the newest first, else what was unpacked into the user's cache folder. Looks only; fetches and starts
 * nothing.
 */
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import { LockbenchError } from '../contract/index.js';
import { cacheFolder } from './program-binary.js';
import { reachableFolder, type ServerUser } from './server-user.js';

interface Pair {
  /** Both as they really lie there: they look for their files beside themselves. */
  readonly postgres: string;
  readonly initdb: string;
}

export interface PostgresBinaries extends Pair {
  /** Where they were unpacked with all that is theirs, in whose place a copy will do; null where they have to stay. */
  readonly tree: string | null;
  /** Where their libraries lie when the system does not have them. */
  readonly libraryPath: string | null;
  /** Where they were found, for `bench doctor`. */
  readonly origin: 'BENCH_POSTGRES_BIN' | 'PATH' | 'the usual places' | 'cache';
}

/** Name of the folder in the user's cache. */
export const cachedPostgres = 'postgres';

/** In a tree that was unpacked. */
export const inTree = { programs: 'lib/postgresql', files: 'share/postgresql', libraries: 'libraries' } as const;

const ofTheSystem = { tree: null, libraryPath: null } as const;

/** Each may hold folders of several versions, `V` standing for one. */
const usualPlaces = [
  ['/usr/lib/postgresql', 'V/bin'],
  ['/usr', 'pgsql-V/bin'],
  ['/opt/homebrew/opt', 'postgresql@V/bin'],
  ['/usr/local/opt', 'postgresql@V/bin'],
] as const;

/** Null when there is none; throws when BENCH_POSTGRES_BIN names a folder without them. */
export function findPostgres(): PostgresBinaries | null {
  const named = process.env['BENCH_POSTGRES_BIN'];
  if (named !== undefined && named !== '') {
    const found = inFolder(named);
    if (found !== null) return { ...found, ...ofTheSystem, origin: 'BENCH_POSTGRES_BIN' };
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `BENCH_POSTGRES_BIN is ${named}, and there are no programs postgres and initdb in it`,
      'Set it to the folder of both, such as /usr/lib/postgresql/15/bin, or unset it.',
    );
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const found = folder === '' ? null : inFolder(folder);
    if (found !== null) return { ...found, ...ofTheSystem, origin: 'PATH' };
  }
  for (const folder of usualPlaces.flatMap(([above, form]) => versionsIn(above, form))) {
    const found = inFolder(folder);
    if (found !== null) return { ...found, ...ofTheSystem, origin: 'the usual places' };
  }
  return postgresIn(cacheFolder(cachedPostgres));
}

/** What was unpacked into that folder. */
export function postgresIn(folder: string): PostgresBinaries | null {
  for (const programs of versionsIn(join(folder, inTree.programs), 'V/bin')) {
    const found = inFolder(programs);
    if (found === null) continue;
    const tree = realpathSync(folder);
    return { ...found, tree, libraryPath: join(tree, inTree.libraries), origin: 'cache' };
  }
  return null;
}

/** As they are, or copies below `dir` (which is the server user's) when that user cannot reach them. */
export async function reachablePostgres(
  binaries: PostgresBinaries,
  user: ServerUser | null,
  dir: string,
): Promise<PostgresBinaries> {
  const { tree, postgres, initdb } = binaries;
  if (tree === null) return binaries;
  const place = await reachableFolder(tree, user, dir);
  const moved = (path: string): string => join(place, relative(tree, path));
  const libraryPath = join(place, inTree.libraries);
  return { ...binaries, tree: place, postgres: moved(postgres), initdb: moved(initdb), libraryPath };
}

function inFolder(folder: string): Pair | null {
  try {
    const [postgres, initdb] = ['postgres', 'initdb'].map((name) => realpathSync(join(folder, name)));
    for (const path of [postgres, initdb]) accessSync(path, constants.X_OK);
    return { postgres, initdb };
  } catch {
    return null;
  }
}

/** The newest first. */
function versionsIn(above: string, form: string): string[] {
  const [first, ...rest] = form.split('/');
  const [before, after] = first.split('V');
  try {
    return readdirSync(above)
      .filter((name) => name.startsWith(before) && name.endsWith(after) && version(name, before) > 0)
      .sort((a, b) => version(b, before) - version(a, before))
      .map((name) => join(above, name, ...rest));
  } catch {
    return [];
  }
}

function version(name: string, before: string): number {
  return Number(name.slice(before.length)) || 0;
}
