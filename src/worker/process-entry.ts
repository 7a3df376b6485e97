/**
 * A worker as a process of its own. It has memory shaped as the shared one of threads, so that all else stays the same; its
 * figures leave in frames. Signals are the harness's to decide about, and when that is gone so is this.
 */
import { after, nowNs } from '../base/clock.js';
import { errorData } from '../base/error-data.js';
import { FrameSource } from '../record/frame.js';
import { allocateOwn, controlOf, windowAt, workerColumns, type Control } from '../record/shared.js';
import { sayDirectly } from './direct-line.js';
import { loadAhead } from './load-ahead.js';
import { blockThread, type Port } from './port.js';
import type { Errand, FromWorker, ProcessTask, ToWorker, WindowNs } from './protocol.js';
import { work } from './work.js';

/** Between two frames; less where the harness counts grants to end the window, and after its close, when it waits for the rest. */
const frameMs = 100;
const countingFrameMs = 20;
const drainFrameMs = 10;
/** How often a process that stands still looks whether the harness lives. */
const lookMs = 250;

const harness = process.ppid;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit());

function send(message: FromWorker): Promise<void> {
  return new Promise((resolve) => process.send!(message, undefined, undefined, () => resolve()));
}

function standStill(ms: number): void {
  const untilNs = nowNs() + ms * 1e6;
  for (let leftMs = ms; leftMs > 0; leftMs = (untilNs - nowNs()) / 1e6) {
    blockThread(Math.min(leftMs, lookMs));
    if (process.ppid !== harness) process.exit();
  }
}

function die(): never {
  for (;;) {
    process.kill(process.pid, 'SIGKILL');
    blockThread(lookMs);
  }
}

function start(task: ProcessTask): void {
  const shared = allocateOwn(task.plan, task.index);
  const control = controlOf(shared);
  control.window.set([Infinity, Infinity, nowNs()]);
  const frames = new FrameSource(workerColumns(shared.workers[task.index]), control);
  let stopFrames = (): void => {};
  let last: Promise<void> = Promise.resolve();
  const port: Port = {
    say: (message) => {
      if (message.kind === 'done') stopFrames();
      last = send(message);
    },
    sayNow: sayDirectly,
    onMessage: (listener) =>
      void process.on('message', (message: ToWorker) => {
        if (message.kind === 'go' || message.kind === 'window') setWindow(control, message.windowNs);
        if (message.kind === 'go') stopFrames = sendFrames(frames, control, task.plan.operations !== null);
        listener(message);
      }),
    figures: () => frames.last(nowNs()),
    standStill,
    die,
  };
  work({ ...task, shared }, port)
    .catch((error: unknown) => port.say({ kind: 'failed', error: errorData(error) }))
    .then(() => last)
    .then(() => process.exit(), leave);
}

function setWindow({ window }: Control, [openNs, closeNs]: WindowNs): void {
  window[windowAt.openNs] = openNs;
  window[windowAt.closeNs] = closeNs;
}

/** Returns the way to stop. */
function sendFrames(frames: FrameSource, { window }: Control, counting: boolean): () => void {
  const usualMs = counting ? countingFrameMs : frameMs;
  let stop = (): void => {};
  const next = (): void => {
    const leftMs = (window[windowAt.closeNs] - nowNs()) / 1e6;
    stop = after(leftMs > 0 ? Math.min(usualMs, leftMs) : drainFrameMs, () => {
      void send({ kind: 'frame', frame: frames.next(nowNs()) });
      next();
    });
  };
  next();
  return () => stop();
}

/** An error that nobody caught, told as that of a thread is. */
function leave(error: unknown): void {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  void send({ kind: 'broken', reason }).then(() => process.exit());
}

process.on('uncaughtException', leave);
process.once('message', (errand: Errand) => {
  process.once('message', start);
  void loadAhead(errand);
});
