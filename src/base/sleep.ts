import type { Cancel } from '../contract/index.js';
import { after, afterAlmost } from './clock.js';

/** Resolves after `ms`, or at once when cancelled. */
export function sleep(ms: number, cancel: Cancel): Promise<void> {
  return cancellable(cancel, (wake) => after(ms, wake));
}

const halfATickMs = 0.5;

/**
 * As `sleep`, but with the tick of Node's timers that is nearest to `ms`, before or behind. The first one behind is half a millisecond
 * late on the average, which is much of a think time of one.
 */
export function sleepAbout(ms: number, cancel: Cancel): Promise<void> {
  return cancellable(cancel, (wake) => afterAlmost(ms, halfATickMs, wake));
}

function cancellable(cancel: Cancel, begin: (wake: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const stopTimer = begin(() => {
      stopListening();
      resolve();
    });
    const stopListening = cancel.onCancel(() => {
      stopTimer();
      resolve();
    });
  });
}
