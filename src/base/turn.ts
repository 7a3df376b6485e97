/** Turns of the event loop. The end of one: after what was ready has run, promises included, and after what the kernel had was read. */

export function atTurnEnd(fn: () => void): void {
  setImmediate(fn);
}

/**
 * After everything that this turn, and the promises that are ready in it, put off to its end: commands that were sent have
 * been written by then, and no answer has been read. A tick asked for by a promise comes after all promises that are ready.
 */
export function afterTurnEnd(fn: () => void): void {
  queueMicrotask(() => process.nextTick(() => setImmediate(fn)));
}

let turn: Promise<void> | null = null;

/** As `yieldTurn`, with one promise and one turn for all who yield in this one. */
export function nextTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = null;
      resolve();
    });
  });
  return turn;
}
