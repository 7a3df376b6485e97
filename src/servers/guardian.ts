/**
 * Nothing of ours outlives the harness, even when it is killed outright and cannot clean up: a small process of its own
 * session holds the reading end of a pipe, and the kernel closes the writing end with the harness. It is told which
 * processes and which folder are ours; guardian-main.ts is what it runs.
 */
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { after } from '../base/clock.js';
import { startTimeOf } from './process-identity.js';

export interface Guardian {
  /** Ends this process when the harness is gone. `folder` is its working directory. */
  watch(pid: number, folder: string): void;
  /** It has ended: its number may soon be somebody else's. */
  forget(pid: number): void;
  /** Resolves when the guardian has ended, too; the temporary folder is gone then. */
  close(): Promise<void>;
}

/** What goes over the pipe, one JSON document a line. */
export type GuardianLine =
  { readonly watch: number; readonly startTime: string; readonly folder: string } | { readonly forget: number };

const closeLimitMs = 2_000;

/** `folder` is the run's temporary folder, which the guardian removes in the end. */
export function openGuardian(folder: string): Guardian {
  const main = fileURLToPath(new URL('./guardian-main.js', import.meta.url));
  const child = spawn(process.execPath, [main, folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env['PATH'] },
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const pipe = child.stdin as Socket;
  // Should the guardian have died, then the orderly way out still works.
  pipe.on('error', () => {});
  child.unref();
  pipe.unref();

  // A pipe takes small writes at once, so the line is out before this call returns, and so before anybody can kill us.
  const tell = (line: GuardianLine): void => void pipe.write(`${JSON.stringify(line)}\n`);
  return {
    watch(pid, home) {
      const startTime = startTimeOf(pid);
      if (startTime !== null) tell({ watch: pid, startTime, folder: home });
    },
    forget(pid) {
      tell({ forget: pid });
    },
    async close() {
      child.ref();
      pipe.end();
      const stopTimer = after(closeLimitMs, () => child.kill('SIGKILL'));
      await ended;
      stopTimer();
    },
  };
}
