/**
 * Which PostgreSQL to start: the folder named by BENCH_POSTGRES_BIN, else the programs on PATH, else where Debian, Red Hat and
 * Homebrew put them, the newest first. Looks only; fetches and starts nothing.
 */
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LockbenchError } from '../contract/index.js';

export interface PostgresBinaries {
  /** Both as they really lie there: initdb looks for its files beside itself. */
  readonly postgres: string;
  readonly initdb: string;
  /** Where they were found, for `bench doctor`. */
  readonly origin: 'BENCH_POSTGRES_BIN' | 'PATH' | 'the usual places';
}

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
    if (found !== null) return { ...found, origin: 'BENCH_POSTGRES_BIN' };
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `BENCH_POSTGRES_BIN is ${named}, and there are no programs postgres and initdb in it`,
      'Set it to the folder of both, such as /usr/lib/postgresql/15/bin, or unset it.',
    );
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const found = folder === '' ? null : inFolder(folder);
    if (found !== null) return { ...found, origin: 'PATH' };
  }
  for (const folder of usualPlaces.flatMap(([above, form]) => versionsIn(above, form))) {
    const found = inFolder(folder);
    if (found !== null) return { ...found, origin: 'the usual places' };
  }
  return null;
}

function inFolder(folder: string): Pick<PostgresBinaries, 'postgres' | 'initdb'> | null {
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
