/**
 * The resource's own process. It ends when it is told to, or when the harness is gone, and in both cases with its record
 * on disk. Signals to the terminal's programs are meant for the harness, which then tells.
 */
import type { Fencing } from '../contract/index.js';
import { resourceLogFile } from '../record/resource-rows.js';
import { ResourceLog } from './log.js';
import { serveResource } from './server.js';
import type { FromResource } from './start.js';

const [, , folder, fencing] = process.argv;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const log = await ResourceLog.open(resourceLogFile(folder));
const serving = await serveResource(fencing as Fencing, log);
let ending = false;

function say(message: FromResource): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, () => resolve());
    else resolve();
  });
}

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await serving.close();
  const trouble = await log.close();
  await say({ kind: 'ended', operations: serving.operations(), trouble });
  if (process.connected) process.disconnect();
}

process.on('message', () => void end());
process.on('disconnect', () => void end());
await say({ kind: 'ready', address: serving.address });
