/**
 * A worker as a process of its own, as separate programs are. Its figures come in frames and are put where those of a thread
 * would be. It ends with the harness: the channel between them breaks.
 */
import { fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../base/child-environment.js';
import { processArguments } from '../base/new-space.js';
import { FrameSink } from '../record/frame.js';
import { controlOf, workerColumns } from '../record/shared.js';
import { DirectReader } from '../worker/direct-line.js';
import type { Errand, FromWorker, ProcessTask, ToWorker } from '../worker/protocol.js';
import type { Recruit } from './member.js';
import { MemberNews } from './member-news.js';

export function enlistProcess(errand: Errand): Recruit {
  const main = fileURLToPath(new URL('../worker/process-entry.js', import.meta.url));
  const child = fork(main, [], {
    serialization: 'advanced',
    execArgv: [...processArguments],
    env: childEnvironment(),
    // Standard output belongs to the report, so that of a worker goes to standard error. The last is the direct line.
    stdio: ['ignore', 2, 2, 'ipc', 'pipe'],
  });
  const news = new MemberNews();
  let sink: FrameSink | null = null;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const said = (message: FromWorker): void => {
    if (message.kind === 'frame') sink?.put(message.frame);
    else if (message.kind === 'broken') news.ended(message.reason);
    else {
      if ((message.kind === 'done' || message.kind === 'crashed') && message.figures !== null)
        sink?.put(message.figures);
      news.said(message);
    }
  };
  child.on('message', (message: FromWorker) => said(message));
  new DirectReader(child.stdio[4] as Readable, said);
  child.on('error', (error) => news.ended(`${error.name}: ${error.message}`));
  // After 'exit': when everything that it said has been read.
  child.on('close', (code, signal) =>
    news.ended(signal === null ? `it ended with code ${code}` : `it was killed by ${signal}`),
  );
  const send = (message: Errand | ProcessTask | ToWorker): void => {
    // Where the channel is closed, 'close' tells why.
    if (child.connected) child.send(message, () => {});
  };
  send(errand);
  const kill = (): Promise<void> => {
    child.kill('SIGKILL');
    return gone;
  };
  return {
    kill,
    hire({ shared, ...task }, events) {
      const figures = new FrameSink(workerColumns(shared.workers[task.index]), controlOf(shared));
      sink = figures;
      news.tellTo(events);
      send(task);
      return { tell: send, kill, figuresNs: () => figures.atNs };
    },
  };
}
