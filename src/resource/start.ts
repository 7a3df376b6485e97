/** Starts the resource's process for one round, and ends it with its record on disk. */
import { fork, type ChildProcess } from 'node:child_process';
import { resolve as absolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LockbenchError, type Fencing } from '../contract/index.js';
import { limit } from '../base/clock.js';
import type { ResourceAddress } from './frames.js';

const startMs = 10_000;
/** After the word to end: connections come to their end, the record is written. */
const endMs = 10_000;

export type FromResource =
  | { readonly kind: 'ready'; readonly address: ResourceAddress }
  | { readonly kind: 'ended'; readonly operations: number; readonly trouble: string | null };

export interface ResourceEnd {
  readonly operations: number;
  /** Why its record is not whole, as far as the record itself does not tell. */
  readonly lost: readonly string[];
}

export interface ResourceProcess {
  readonly address: ResourceAddress;
  readonly pid: number;
  /** Resolves when the process has ended, its record on disk. To be called when the workers have ended. */
  stop(): Promise<ResourceEnd>;
}

/** `folder` is where its record goes. `onLost` is told when it ends before it was told to. */
export async function startResource(
  folder: string,
  fencing: Fencing,
  onLost: (text: string) => void,
): Promise<ResourceProcess> {
  const main = fileURLToPath(new URL('./server-main.js', import.meta.url));
  const child = fork(main, [absolute(folder), fencing], {
    execArgv: [],
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let told: Extract<FromResource, { kind: 'ended' }> | null = null;
  let stopping: Promise<ResourceEnd> | null = null;
  let died: string | null = null;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      if (told === null) {
        died = `it ended with ${signal ?? `code ${code}`}`;
        if (stopping === null) onLost(`the resource was lost: ${died}`);
      }
      resolve();
    });
  });
  const address = await ready(child, exited, (message) => (told = message));
  const stop = async (): Promise<ResourceEnd> => {
    if (child.connected) child.send({ kind: 'end' }, () => {});
    const late = limit(endMs).then(() => 'late' as const);
    if ((await Promise.race([exited, late])) === 'late') {
      child.kill('SIGKILL');
      await exited;
    }
    const trouble = told === null ? (died ?? 'it did not end') : told.trouble;
    return { operations: told?.operations ?? 0, lost: trouble === null ? [] : [`the resource: ${trouble}`] };
  };
  return { address, pid: child.pid!, stop: () => (stopping ??= stop()) };
}

async function ready(
  child: ChildProcess,
  exited: Promise<void>,
  onEnded: (message: Extract<FromResource, { kind: 'ended' }>) => void,
): Promise<ResourceAddress> {
  const answered = new Promise<ResourceAddress>((resolve) => {
    child.on('message', (message: FromResource) => {
      if (message.kind === 'ready') resolve(message.address);
      else onEnded(message);
    });
  });
  const failed = (why: string): LockbenchError =>
    new LockbenchError('WORKER_LOST', `the resource's process ${why}`, 'The machine may be overloaded; try again.');
  const gone = exited.then(() => Promise.reject(failed('ended before it was ready')));
  gone.catch(() => {});
  const late = limit(startMs).then(() => Promise.reject(failed(`was not ready after ${startMs / 1000} s`)));
  late.catch(() => {});
  try {
    return await Promise.race([answered, gone, late]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}
