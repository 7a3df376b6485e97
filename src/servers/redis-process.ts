/**
 * One private redis-server as a child process: on loopback, in a folder of its own, in a session of its own (Ctrl-C would
 * hit it before the harness otherwise), and proved to be ours before anybody talks to it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { delay, nowMs } from '../base/clock.js';
import { freshSeed } from '../base/random.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import { LockbenchError, type Persistence } from '../contract/index.js';
import type { Guardian } from './guardian.js';
import { askProcessId } from './own-answer.js';
import { killSession } from './process-identity.js';
import type { RedisBinary } from './redis-binary.js';
import { serverArgs } from './server-args.js';
import { handOver, reachableBinary, type ServerUser } from './server-user.js';

export interface StartOptions {
  readonly binary: RedisBinary;
  /** The run's temporary folder; the server's own is made in it. */
  readonly dir: string;
  readonly name: string;
  /** Of its folder; the name without blanks when not given. A folder used before brings its data along. */
  readonly folderName?: string;
  readonly persistence: Persistence;
  readonly extraArgs?: readonly string[];
  /** Makes it a sentinel, which keeps no data: the configuration that it begins with, and goes on writing itself. */
  readonly sentinel?: string;
  /** Asked of clients; the endpoint carries it. */
  readonly password?: string;
  readonly guardian?: Guardian;
  /** Proposes a port for each attempt; the default counts up from a random one. */
  readonly nextPort?: () => number;
  /** This port and no other, waited for while somebody lingers on it. */
  readonly port?: number;
  /** Beside what every server gets. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RedisProcess {
  readonly name: string;
  readonly endpoint: NodeEndpoint;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
  /** By SIGKILL: its data are thrown away, and only that ends a stopped process. Resolves when it is gone. */
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const startLimitMs = 10_000;
const answerLimitMs = 500;
const pollMs = 1;
const portAttempts = 20;
const portLimitMs = 5_000;
const portRetryMs = 50;
const logTailLines = 8;

/** In the server's folder, beside its data. */
export const logName = 'server.log';
const sentinelFileName = 'sentinel.conf';

// Below the range from which systems take ports for outgoing connections: nothing slips in between choice and bind,
// and a connection attempt to a port nobody listens on yet cannot come out of that very port and meet itself.
const lowestPort = 10_000;
const portCount = 20_000;
let portsTaken = freshSeed() % portCount;

function nextPort(): number {
  portsTaken = (portsTaken + 1) % portCount;
  return lowestPort + portsTaken;
}

export async function startRedis(options: StartOptions): Promise<RedisProcess> {
  const user = handOver(options.dir);
  const binary = await reachableBinary(options.binary, user, options.dir);
  const folder = join(options.dir, options.folderName ?? options.name.replaceAll(' ', '-'));
  mkdirSync(folder, { recursive: true });
  handOver(folder);
  const { port } = options;
  const limit = nowMs() + portLimitMs;
  while (port !== undefined && nowMs() < limit) {
    const server = await startOnPort({ ...options, binary }, folder, user, port);
    if (server !== null) return server;
    await delay(portRetryMs);
  }
  if (port !== undefined) {
    throw new LockbenchError('SERVER_FAILED', `${options.name}: port ${port} was not free within ${portLimitMs} ms`);
  }
  for (let attempt = 0; attempt < portAttempts; attempt += 1) {
    const server = await startOnPort({ ...options, binary }, folder, user, (options.nextPort ?? nextPort)());
    if (server !== null) return server;
  }
  throw new LockbenchError('SERVER_FAILED', `${options.name}: none of ${portAttempts} ports tried on ${host} was free`);
}

/** Null when the port turned out to be taken. */
async function startOnPort(
  options: StartOptions,
  folder: string,
  user: ServerUser | null,
  port: number,
): Promise<RedisProcess | null> {
  const logPath = join(folder, logName);
  const life = follow(launch(options, folder, user, port, logPath));
  const { pid, exited, kill, stop } = life;
  if (pid !== undefined) {
    options.guardian?.watch(pid, folder);
    void exited.then(() => options.guardian?.forget(pid));
    const whose = await firstAnswer(life, port, options.password ?? null);
    if (whose === pid) {
      const login = options.password === undefined ? {} : { password: options.password };
      return { name: options.name, endpoint: { host, port, tls: false, ...login }, pid, exited, kill, stop };
    }
    if (whose !== null) return stop().then(() => null);
  }
  const ownEnd = life.end();
  await stop();
  const log = readLog(logPath, pid);
  if (/address already in use/i.test(log)) return null;
  throw failure(options, life.spawnError(), ownEnd, log);
}

/** The process number of who answers on the port; null when the child ends or the time runs out before anybody does. */
async function firstAnswer(life: Life, port: number, password: string | null): Promise<number | null> {
  const limit = nowMs() + startLimitMs;
  while (life.end() === null && nowMs() < limit) {
    const question = askProcessId(host, port, password, answerLimitMs);
    const answer = await Promise.race([question.answer, life.exited.then(() => null)]);
    question.cancel();
    if (answer !== null) return answer;
    await delay(pollMs);
  }
  return null;
}

interface Life extends Pick<RedisProcess, 'exited' | 'kill' | 'stop'> {
  /** Undefined when it could not even be started. */
  readonly pid: number | undefined;
  /** Null while it lives. */
  end(): Exit | null;
  spawnError(): Error | null;
}

function follow(child: ChildProcess): Life {
  const { pid } = child;
  let end: Exit | null = null;
  let spawnError: Error | null = null;
  const exited = new Promise<Exit>((resolve) => {
    const settle = (exit: Exit): void => resolve((end = exit));
    child.once('exit', (code, signal) => settle({ code, signal }));
    child.on('error', (error) => {
      spawnError ??= error;
      if (pid === undefined) settle({ code: null, signal: null });
    });
  });
  return {
    pid,
    exited,
    end: () => end,
    spawnError: () => spawnError,
    kill: (signal) => void child.kill(signal),
    async stop() {
      if (pid !== undefined && end === null) killSession(pid);
      await exited;
    },
  };
}

function launch(o: StartOptions, folder: string, user: ServerUser | null, port: number, logPath: string): ChildProcess {
  const place = ['--port', String(port), '--bind', host, '--dir', folder];
  const args =
    o.sentinel === undefined
      ? [...place, ...serverArgs(o.persistence)]
      : [sentinelFile(folder, o.sentinel), ...place, '--sentinel'];
  if (o.password !== undefined) args.push('--requirepass', o.password);
  // A file handle, not a log file of the server's own: the linker's complaints get there, too.
  const log = openSync(logPath, 'a', 0o600);
  try {
    return spawn(o.binary.path, [...args, ...(o.extraArgs ?? [])], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
      // Nothing of ours: passwords for external servers are in the harness's environment.
      env: {
        PATH: process.env['PATH'],
        ...(o.binary.libraryPath === null ? {} : { LD_LIBRARY_PATH: o.binary.libraryPath }),
        ...o.env,
      },
      ...(user === null ? {} : { uid: user.uid | 0, gid: user.gid | 0 }),
    });
  } finally {
    closeSync(log);
  }
}

/** What an earlier attempt on another port has made of it is no use. */
function sentinelFile(folder: string, text: string): string {
  const path = join(folder, sentinelFileName);
  writeFileSync(path, text);
  handOver(path);
  return path;
}

/** What this process wrote; earlier attempts on other ports wrote into the same file. */
function readLog(logPath: string, pid: number | undefined): string {
  const lines = readFileSync(logPath, 'utf8').trim().split('\n');
  const own = lines.filter((line) => !/^\d+:/.test(line) || line.startsWith(`${pid}:`));
  return own.slice(-logTailLines).join('\n');
}

function failure(options: StartOptions, spawnError: Error | null, exit: Exit | null, log: string): LockbenchError {
  const how =
    spawnError !== null
      ? `cannot be started: ${spawnError.message}`
      : exit === null
        ? `was not ready after ${startLimitMs} ms`
        : `ended at once (${exit.signal ?? `exit code ${exit.code}`})`;
  return new LockbenchError(
    'SERVER_FAILED',
    `${options.name}: ${options.binary.path} ${how}${log === '' ? '' : `\n${log}`}`,
    'Run that program by hand to see what it lacks, or name another one: BENCH_REDIS_SERVER=/path/to/redis-server.',
  );
}
