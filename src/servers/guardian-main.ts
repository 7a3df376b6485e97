/**
 * The guardian's own process: waits for the end of its input, which is the end of the harness, then kills what is still
 * registered and removes the run's temporary folder. Kills nothing that it cannot recognise by number, start time and
 * folder together.
 */
import { lstatSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { GuardianLine } from './guardian.js';
import { isStill, killFamily, killSession } from './process-identity.js';
import { runFolderPrefix } from './run-folder.js';

const removeAttempts = 20;
const removeRetryMs = 25;

const runFolder = process.argv[2] ?? '';
const watched = new Map<number, { readonly startTime: string; readonly folder: string }>();

// A signal meant for the harness must not end the one who tidies up after it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

for await (const text of createInterface({ input: process.stdin })) {
  const line = parse(text);
  if (line === null) continue;
  if ('watch' in line) watched.set(line.watch, line);
  else watched.delete(line.forget);
}

for (const [pid, { startTime, folder }] of watched) {
  if (!isStill(pid, startTime, folder)) continue;
  killFamily(pid);
  killSession(pid);
}
removeRunFolder();

/** Null for a line cut short by the death of its writer. */
function parse(text: string): GuardianLine | null {
  try {
    return JSON.parse(text) as GuardianLine;
  } catch {
    return null;
  }
}

function removeRunFolder(): void {
  if (!basename(runFolder).startsWith(runFolderPrefix)) return;
  try {
    if (!lstatSync(runFolder).isDirectory()) return;
    rmSync(runFolder, { recursive: true, force: true, maxRetries: removeAttempts, retryDelay: removeRetryMs });
  } catch {
    // The harness has removed it, as it should.
  }
}
