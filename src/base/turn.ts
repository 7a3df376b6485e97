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

/**
 * So many share one: what they do next is done for all of them in turn, step by step, and should find their memory still in the
 * processor's cache.
 */
const sharers = 16;

let turn: Promise<void> | null = null;
let sharing = 0;

/** As `yieldTurn`, with one promise and one turn for those who yield in this one. */
export function nextTurn(): Promise<void> {
  if (turn === null || sharing === sharers) {
    sharing = 0;
    const mine: Promise<void> = new Promise((resolve) => {
      setImmediate(() => {
        if (turn === mine) turn = null;
        resolve();
      });
    });
    turn = mine;
  }
  sharing += 1;
  return turn;
}
