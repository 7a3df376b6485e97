import type { Cancel } from '../contract/index.js';
import { after } from './clock.js';

/** Resolves after `ms`, or at once when cancelled. */
export function sleep(ms: number, cancel: Cancel): Promise<void> {
  return new Promise((resolve) => {
    const stopTimer = after(ms, () => {
      stopListening();
      resolve();
    });
    const stopListening = cancel.onCancel(() => {
      stopTimer();
      resolve();
    });
  });
}
