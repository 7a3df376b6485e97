/** A worker as a thread: it writes its figures where the main thread reads them. */
import { Worker } from 'node:worker_threads';
import type { FromWorker, WorkerTask } from '../worker/protocol.js';
import type { Member, MemberEvents } from './member.js';

export function hireThread(task: WorkerTask, events: MemberEvents): Member {
  const worker = new Worker(new URL('../worker/thread-entry.js', import.meta.url), { workerData: task, stdout: true });
  // Standard output belongs to the report. Not by pipe(), which leaves listeners on ours for each worker.
  worker.stdout.on('data', (bytes: Buffer) => process.stderr.write(bytes));
  worker.on('message', (message: FromWorker) => events.said(message));
  worker.on('error', (error: Error) => events.ended(`${error.name}: ${error.message}`));
  worker.on('exit', (code) => events.ended(`it ended with code ${code}`));
  return {
    tell: (message) => worker.postMessage(message),
    kill: async () => void (await worker.terminate()),
    figuresNs: () => Infinity,
  };
}
