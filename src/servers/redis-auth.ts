/**
 * User name and password for external servers, from a file or from the environment; never from an argument. No message
 * repeats what it read: a line that is not understood may be the password.
 */
import { readFileSync, statSync } from 'node:fs';
import { LockbenchError } from '../contract/index.js';
import type { RedisAuth } from './external-url.js';

export interface ReadAuth {
  readonly auth: RedisAuth;
  readonly warnings: readonly string[];
}

const othersMayRead = 0o044;

/** The file of --redis-auth-file decides where it is given; null: the environment alone. */
export function readRedisAuth(file: string | null, env: Readonly<Record<string, string | undefined>>): ReadAuth {
  return file === null ? { auth: authFromEnvironment(env), warnings: [] } : authFromFile(file);
}

function authFromEnvironment(env: Readonly<Record<string, string | undefined>>): RedisAuth {
  return pairOf(env['LOCKBENCH_REDIS_USERNAME'], env['LOCKBENCH_REDIS_PASSWORD']);
}

/** Lines `username=...` and `password=...`; blank ones and those behind # are skipped. */
function authFromFile(file: string): ReadAuth {
  const found = new Map<string, string>();
  for (const [i, line] of textOf(file).split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name, value] = /^(username|password)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined || found.has(name)) {
      throw new LockbenchError(
        'BAD_ARGUMENT',
        `--redis-auth-file ${file}: line ${i + 1} is not understood`,
        'Expected are at most two lines, username=... and password=..., without quotes or blanks around the =.',
      );
    }
    found.set(name, value);
  }
  const open = (statSync(file).mode & othersMayRead) !== 0;
  const warning = `--redis-auth-file ${file} can be read by other users of this machine: chmod 600 ${file}`;
  return { auth: pairOf(found.get('username'), found.get('password')), warnings: open ? [warning] : [] };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `--redis-auth-file ${file} cannot be read: ${(error as Error).message}`,
      'It is a text file with the lines username=... and password=...; the first may be left out.',
    );
  }
}

function pairOf(username: string | undefined, password: string | undefined): RedisAuth {
  return {
    ...(username === undefined || username === '' ? {} : { username }),
    ...(password === undefined || password === '' ? {} : { password }),
  };
}
