/**
 * One private server as a child process, whatever program it is: on loopback, in a folder of its own, in a session of its own
 * (Ctrl-C would hit it before the harness otherwise), and proved to be ours before anybody talks to it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { delay, nowMs } from '../base/clock.js';
import { freshSeed } from '../base/random.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import { LockbenchError } from '../contract/index.js';
import type { Guardian } from './guardian.js';
import type { Question } from './own-answer.js';
import { familyOf, killFamily, killSession, signalTo, startTimeOf } from './process-identity.js';
import { handOver, type ServerUser } from './server-user.js';

/** Where one server lives. */
export interface Berthing {
  readonly folder: string;
  readonly port: number;
  /** As whom it runs; null where that is as we do. */
  readonly user: ServerUser | null;
}

/** What there is to know of a server program. */
export interface ServerProgram {
  /** The file that is run. */
  readonly path: string;
  /** The way out when it does not start. */
  readonly hint: string;
  /** Before every start: what must lie in its folder, where it does not yet. */
  prepare?(berthing: Berthing): Promise<void>;
  /** Chosen beforehand, where others must know it (`nextPort` proposes one); absent: as many are tried as it takes. */
  readonly port?: number;
  args(berthing: Berthing): readonly string[];
  /** Beside PATH. Nothing of ours gets in: passwords for external servers are in the harness's environment. */
  env(berthing: Berthing): Readonly<Record<string, string>>;
  /**
   * Asks whoever listens there: the process number when it is ready, null when it is not, or nobody is there. `pid` is the child's,
   * for programs that prove by something else that they are ours.
   */
  ask(berthing: Berthing, limitMs: number, pid: number): Question;
  readonly startLimitMs: number;
  /** In its log: the port is somebody else's. */
  readonly portTaken: RegExp;
  /** Whether a line of the log, which earlier attempts wrote into as well, is of this process. */
  isOwnLine?(line: string, pid: number | undefined): boolean;
  /** Its work is done by children of its own, which are stopped, killed and counted with it. */
  readonly family?: boolean;
  /** Ends it tidily, for good; absent: by SIGKILL. */
  readonly endSignal?: NodeJS.Signals;
  /** When it has ended: what a killed one leaves behind outside of its folder. */
  tidy?(folder: string): void;
  /** What clients need beside the address. */
  readonly login?: Pick<NodeEndpoint, 'username' | 'password' | 'database'>;
}

export interface ServerOptions {
  /** The run's temporary folder; the server's own is made in it. */
  readonly dir: string;
  readonly name: string;
  /** Of its folder; the name without blanks when not given. A folder used before brings its data along. */
  readonly folderName?: string;
  readonly guardian?: Guardian;
  /** Proposes a port for each attempt; the default counts up from a random one. */
  readonly nextPort?: () => number;
  /** This port and no other, waited for while somebody lingers on it. */
  readonly port?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  readonly name: string;
  readonly endpoint: NodeEndpoint;
  readonly pid: number;
  /** It and its children now; itself first. */
  family(): readonly number[];
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
  /** By SIGKILL, with all its children. Resolves when it is gone. */
  crash(): Promise<void>;
  /** For good: its data are thrown away. Resolves when it is gone. */
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const answerLimitMs = 500;
const pollMs = 1;
const portAttempts = 20;
const portLimitMs = 5_000;
const portRetryMs = 50;
/** How long a server is given to end tidily. */
const endLimitMs = 2_000;
const logTailLines = 8;
/** How often it is looked whether the children of a killed server are gone, too. */
const goneLooks = 500;

/** In the server's folder, beside its data. */
export const logName = 'server.log';

// Below the range from which systems take ports for outgoing connections: nothing slips in between choice and bind,
// and a connection attempt to a port nobody listens on yet cannot come out of that very port and meet itself.
const lowestPort = 10_000;
const portCount = 20_000;
let portsTaken = freshSeed() % portCount;

export function nextPort(): number {
  portsTaken = (portsTaken + 1) % portCount;
  return lowestPort + portsTaken;
}

export async function startServer(program: ServerProgram, options: ServerOptions): Promise<ServerProcess> {
  const user = handOver(options.dir);
  const folder = join(options.dir, options.folderName ?? options.name.replaceAll(' ', '-'));
  mkdirSync(folder, { recursive: true });
  handOver(folder);
  const onPort = (at: number): Promise<ServerProcess | null> =>
    startOnPort(program, options, { folder, user, port: at });
  const { port } = options;
  const limit = nowMs() + portLimitMs;
  while (port !== undefined && nowMs() < limit) {
    const server = await onPort(port);
    if (server !== null) return server;
    await delay(portRetryMs);
  }
  if (port !== undefined) {
    throw new LockbenchError('SERVER_FAILED', `${options.name}: port ${port} was not free within ${portLimitMs} ms`);
  }
  for (let attempt = 0; attempt < portAttempts; attempt += 1) {
    const server = await onPort((options.nextPort ?? nextPort)());
    if (server !== null) return server;
  }
  throw new LockbenchError('SERVER_FAILED', `${options.name}: none of ${portAttempts} ports tried on ${host} was free`);
}

/** Null when the port turned out to be taken. */
async function startOnPort(
  program: ServerProgram,
  options: ServerOptions,
  berthing: Berthing,
): Promise<ServerProcess | null> {
  const { folder, port } = berthing;
  const logPath = join(folder, logName);
  await program.prepare?.(berthing);
  const life = follow(launch(program, berthing, logPath), program, folder);
  const { pid, exited, family, kill, crash, stop } = life;
  if (pid !== undefined) {
    options.guardian?.watch(pid, folder);
    void exited.then(() => options.guardian?.forget(pid));
    const whose = await firstAnswer(life, program, berthing, pid);
    if (whose === pid) {
      const endpoint = { host, port, tls: false, ...program.login };
      return { name: options.name, endpoint, pid, family, exited, kill, crash, stop };
    }
    if (whose !== null) return stop().then(() => null);
  }
  const ownEnd = life.end();
  await stop();
  const log = readLog(program, logPath, pid);
  if (program.portTaken.test(log)) return null;
  throw failure(program, options, life.spawnError(), ownEnd, log);
}

/** The process number of who answers on the port; null when the child ends or the time runs out before anybody does. */
async function firstAnswer(
  life: Life,
  program: ServerProgram,
  berthing: Berthing,
  pid: number,
): Promise<number | null> {
  const limit = nowMs() + program.startLimitMs;
  while (life.end() === null && nowMs() < limit) {
    const question = program.ask(berthing, answerLimitMs, pid);
    const answer = await Promise.race([question.answer, life.exited.then(() => null)]);
    question.cancel();
    if (answer !== null) return answer;
    await delay(pollMs);
  }
  return null;
}

interface Life extends Pick<ServerProcess, 'family' | 'exited' | 'kill' | 'crash' | 'stop'> {
  /** Undefined when it could not even be started. */
  readonly pid: number | undefined;
  /** Null while it lives. */
  end(): Exit | null;
  spawnError(): Error | null;
}

function follow(child: ChildProcess, program: ServerProgram, folder: string): Life {
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
  void exited.then(() => program.tidy?.(folder));
  const family = (): readonly number[] => (pid === undefined ? [] : program.family === true ? familyOf(pid) : [pid]);
  const crash = async (): Promise<void> => {
    if (pid === undefined || end !== null) return void (await exited);
    const children = family().slice(1);
    if (program.family === true) killFamily(pid);
    killSession(pid);
    await exited;
    // What they hold on to keeps the next one from starting.
    for (let i = 0; i < goneLooks && children.some((child) => startTimeOf(child) !== null); i += 1) await delay(pollMs);
  };
  return {
    pid,
    exited,
    end: () => end,
    spawnError: () => spawnError,
    family,
    kill: (signal) => void child.kill(signal),
    crash,
    async stop() {
      if (pid !== undefined && end === null && program.endSignal !== undefined) {
        // Stopped ones do not hear it.
        for (const member of family()) signalTo(member, 'SIGCONT');
        child.kill(program.endSignal);
        await Promise.race([exited, delay(endLimitMs)]);
      }
      await crash();
    },
  };
}

function launch(program: ServerProgram, berthing: Berthing, logPath: string): ChildProcess {
  const { folder, user } = berthing;
  // A file handle, not a log file of the server's own: the linker's complaints get there, too.
  const log = openSync(logPath, 'a', 0o600);
  try {
    return spawn(program.path, program.args(berthing), {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env['PATH'], ...program.env(berthing) },
      ...(user === null ? {} : { uid: user.uid | 0, gid: user.gid | 0 }),
    });
  } finally {
    closeSync(log);
  }
}

/** What this process wrote; earlier attempts on other ports wrote into the same file. */
function readLog({ isOwnLine }: ServerProgram, logPath: string, pid: number | undefined): string {
  const lines = readFileSync(logPath, 'utf8').trim().split('\n');
  const own = isOwnLine === undefined ? lines : lines.filter((line) => isOwnLine(line, pid));
  return own.slice(-logTailLines).join('\n');
}

function failure(
  program: ServerProgram,
  options: ServerOptions,
  spawnError: Error | null,
  exit: Exit | null,
  log: string,
): LockbenchError {
  const how =
    spawnError !== null
      ? `cannot be started: ${spawnError.message}`
      : exit === null
        ? `was not ready after ${program.startLimitMs} ms`
        : `ended at once (${exit.signal ?? `exit code ${exit.code}`})`;
  return new LockbenchError(
    'SERVER_FAILED',
    `${options.name}: ${program.path} ${how}${log === '' ? '' : `\n${log}`}`,
    program.hint,
  );
}
