/** The run's temporary folder: nobody's but the servers', and on a path that they can walk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canReach, handOver, serverUser } from './server-user.js';

export const runFolderPrefix = 'lockbench-';

/** Where root's own TMPDIR is closed to others, the system's is not. */
const sharedTemp = '/tmp';

export function makeRunFolder(): string {
  const user = serverUser();
  const base = user === null || canReach(tmpdir(), user) ? tmpdir() : sharedTemp;
  const folder = mkdtempSync(join(base, runFolderPrefix));
  handOver(folder);
  return folder;
}

export function removeRunFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
