/** A worker as a thread of the harness. */
import { parentPort, workerData } from 'node:worker_threads';
import { errorData } from '../base/error-data.js';
import { loadAhead } from './load-ahead.js';
import { blockThread, type Port } from './port.js';
import type { Errand, FromWorker, ToWorker, WorkerTask } from './protocol.js';
import { work } from './work.js';

const channel = parentPort!;
const say = (message: FromWorker): void => channel.postMessage(message);

const port: Port = {
  say,
  sayNow: say,
  onMessage: (listener) => void channel.on('message', (message: ToWorker) => listener(message)),
  figures: () => null,
  standStill: blockThread,
  die: null,
};

channel.once('message', (task: WorkerTask) => {
  work(task, port).then(
    () => channel.close(),
    (error: unknown) => {
      say({ kind: 'failed', error: errorData(error) });
      process.exit();
    },
  );
});
void loadAhead(workerData as Errand);
