/** Ctrl-C and its kin: the first ends a run early and keeps what was measured, the next ends it at once. */
import { exitCodes } from '../contract/index.js';
import { nowMs } from '../base/clock.js';
import type { Progress } from './progress.js';

/** npm passes Ctrl-C on, on top of the terminal's own: a repeat so soon is the same one. */
const sameSignalMs = 300;

export interface Interruption {
  readonly signal: AbortSignal;
  exitCode(): number;
}

export function listenForInterruption(progress: Pick<Progress, 'note'>): Interruption {
  const controller = new AbortController();
  let exitCode: number = exitCodes.interrupted;
  let atMs = -Infinity;
  const onSignal = (signal: NodeJS.Signals): void => {
    exitCode = signal === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted;
    if (controller.signal.aborted) {
      if (nowMs() - atMs > sameSignalMs) process.exit(exitCode);
      return;
    }
    atMs = nowMs();
    progress.note(
      `${signal === 'SIGTERM' ? 'terminated' : 'interrupted'}: ending early and keeping what was measured (once more to stop at once)`,
    );
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return { signal: controller.signal, exitCode: () => exitCode };
}
