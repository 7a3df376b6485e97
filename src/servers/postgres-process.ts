/**
 * The server program postgres. A data folder is made once for a run and copied for each server; what belongs to the server
 * user from its birth is never touched by us, for PostgreSQL refuses to run as root or on a folder of somebody else's.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LockbenchError, type Persistence } from '../contract/index.js';
import type { Question } from './own-answer.js';
import { postgresArgs } from './postgres-args.js';
import type { PostgresBinaries } from './postgres-binary.js';
import { startTimeOf } from './process-identity.js';
import { withLibraries } from './program-binary.js';
import type { Berthing, ServerProgram } from './server-process.js';
import { handOver, type ServerUser } from './server-user.js';

const run = promisify(execFile);

const host = '127.0.0.1';
const superuser = 'lockbench';
const makeLimitMs = 60_000;
const toolLimitMs = 2_000;
const hint =
  'Run that program by hand to see what it lacks, or name the folder of another: BENCH_POSTGRES_BIN=/usr/lib/postgresql/15/bin.';

export function postgresProgram(
  binaries: PostgresBinaries,
  persistence: Persistence,
  runFolder: string,
): ServerProgram {
  return {
    path: binaries.postgres,
    hint,
    async prepare({ folder, user }) {
      if (existsSync(join(dataOf(folder), 'PG_VERSION'))) return;
      const template = await templateIn(runFolder, binaries);
      await run('cp', ['-R', template, dataOf(folder)], { cwd: folder, ...asUser(user), timeout: makeLimitMs });
    },
    args: ({ folder, port }) => [
      '-D',
      dataOf(folder),
      '-p',
      String(port),
      '-c',
      `listen_addresses=${host}`,
      '-c',
      'unix_socket_directories=',
      ...postgresArgs(persistence),
    ],
    // Messages are looked through for what they say.
    env: () => ({ LC_ALL: 'C', ...withLibraries(binaries.libraryPath) }),
    ask: readyProcess,
    startLimitMs: 20_000,
    portTaken: /could not bind|address already in use|could not create any TCP\/IP sockets/i,
    family: true,
    endSignal: 'SIGQUIT',
    tidy: removeSharedMemory,
    login: { username: superuser, database: 'postgres' },
  };
}

function dataOf(folder: string): string {
  return join(folder, 'data');
}

/** Within the servers' folder, so that an answer on the port can come from nobody else: who cannot have the port ends. */
function readyProcess({ folder }: Berthing): Question {
  const [pid, , , , , , , status] = pidFileOf(folder);
  // One that was killed has left its file behind.
  const ready = status?.trim() === 'ready' && startTimeOf(Number(pid)) !== null;
  return { answer: Promise.resolve(ready ? Number(pid) : null), cancel: () => {} };
}

/** The lines of postmaster.pid: 1 the process, 7 the key and number of its shared memory, 8 its state. */
function pidFileOf(folder: string): readonly string[] {
  try {
    return readFileSync(join(dataOf(folder), 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** A killed one leaves the segment by which it keeps others off its data; the system keeps that until it is started again. */
function removeSharedMemory(folder: string): void {
  const segment = /^\s*\d+\s+(\d+)\s*$/.exec(pidFileOf(folder)[6] ?? '')?.[1];
  if (segment === undefined) return;
  try {
    execFileSync('ipcrm', ['-m', segment], { timeout: toolLimitMs, stdio: 'ignore' });
  } catch {
    // It is gone, or there is no such tool.
  }
}

const templates = new Map<string, Promise<string>>();

function templateIn(runFolder: string, binaries: PostgresBinaries): Promise<string> {
  let made = templates.get(runFolder);
  if (made === undefined) templates.set(runFolder, (made = makeTemplate(runFolder, binaries)));
  return made;
}

async function makeTemplate(runFolder: string, { initdb, libraryPath }: PostgresBinaries): Promise<string> {
  const place = join(runFolder, 'postgres-template');
  mkdirSync(place, { recursive: true });
  const user = handOver(place);
  const data = dataOf(place);
  const args = ['-D', data, '-U', superuser, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', ...withLibraries(libraryPath) };
  try {
    await run(initdb, args, { cwd: place, env, ...asUser(user), timeout: makeLimitMs });
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    throw new LockbenchError('SERVER_FAILED', `${initdb} made no data folder: ${stderr.trim() || message}`, hint);
  }
  return data;
}

function asUser(user: ServerUser | null): Partial<ServerUser> {
  return user === null ? {} : { uid: user.uid | 0, gid: user.gid | 0 };
}
