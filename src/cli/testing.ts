/** For the tests of the command line: the real program in a process of its own, with a temporary folder of its own. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const program = fileURLToPath(new URL('./main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Where its results and its servers are. */
  readonly room: string;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when its standard error shows the text. */
  says(text: string): Promise<void>;
}

/** Even where these tests run in a job of their own: its page is not theirs to write on. */
const noCi = { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' };

/** Starts `bench` in an empty folder. */
export function bench(
  args: readonly string[],
  options: { readonly room?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Running {
  const room = options.room ?? emptyRoom();
  const child = spawn(process.execPath, [program, ...args], {
    cwd: room,
    env: { ...process.env, ...noCi, TMPDIR: room, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  const waiting: { readonly text: string; readonly resolve: () => void }[] = [];
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => {
    err += data.toString();
    for (const { text, resolve } of waiting) if (err.includes(text)) resolve();
  });
  return {
    pid: child.pid!,
    room,
    ended: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out, err }))),
    kill: (signal) => child.kill(signal),
    says: (text) =>
      err.includes(text) ? Promise.resolve() : new Promise((resolve) => waiting.push({ text, resolve })),
  };
}

const rooms: string[] = [];

/** For afterAll. */
export function removeRooms(): void {
  for (const room of rooms) rmSync(room, { recursive: true, force: true });
}

/** A folder that the servers' user may enter, too. */
export function emptyRoom(): string {
  const room = mkdtempSync(join(tmpdir(), 'bench-test-'));
  rooms.push(room);
  chmodSync(room, 0o755);
  return room;
}

/** Processes whose working folder lies in `room`: the servers that a run has left, or not yet left. */
export function processesIn(room: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          pid !== process.pid &&
          readlinkSync(`/proc/${pid}/cwd`).startsWith(room) &&
          !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
        );
      } catch {
        return false;
      }
    });
}

export function runFolders(room: string): string[] {
  return readdirSync(join(room, 'results')).map((name) => join(room, 'results', name));
}
