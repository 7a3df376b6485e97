/** A worker as a thread: it writes its figures where the main thread reads them. */
import { Worker } from 'node:worker_threads';
import { threadLimits } from '../base/new-space.js';
import type { Errand, FromWorker } from '../worker/protocol.js';
import type { Recruit } from './member.js';
import { MemberNews } from './member-news.js';

export function enlistThread(errand: Errand): Recruit {
  const worker = new Worker(new URL('../worker/thread-entry.js', import.meta.url), {
    workerData: errand,
    resourceLimits: threadLimits,
    stdout: true,
  });
  const news = new MemberNews();
  // Standard output belongs to the report. Not by pipe(), which leaves listeners on ours for each worker.
  worker.stdout.on('data', (bytes: Buffer) => process.stderr.write(bytes));
  worker.on('message', (message: FromWorker) => news.said(message));
  worker.on('error', (error: Error) => news.ended(`${error.name}: ${error.message}`));
  worker.on('exit', (code) => news.ended(`it ended with code ${code}`));
  const kill = async (): Promise<void> => void (await worker.terminate());
  return {
    kill,
    hire(task, events) {
      news.tellTo(events);
      worker.postMessage(task);
      return { tell: (message) => worker.postMessage(message), kill, figuresNs: () => Infinity };
    },
  };
}
