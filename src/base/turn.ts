/** Turns of the event loop. The end of one: after what was ready has run, promises included, and after what the kernel had was read. */

/** One immediate for all that ends with a turn, as a fan-out does on each of its connections. Two lists by turns, which are kept. */
let waiting: (() => void)[] = [];
let ending: (() => void)[] = [];
let count = 0;

const nothing = (): void => {};

export function atTurnEnd(fn: () => void): void {
  waiting[count] = fn;
  count += 1;
  if (count === 1) setImmediate(endTurn);
}

function endTurn(): void {
  [waiting, ending] = [ending, waiting];
  const last = count;
  count = 0;
  let next = 0;
  try {
    while (next < last) {
      const fn = ending[next];
      ending[next] = nothing;
      next += 1;
      fn();
    }
  } finally {
    // One that throws keeps nobody else from it.
    for (; next < last; next += 1) atTurnEnd(ending[next]);
  }
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
