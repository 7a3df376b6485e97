/** The end of a turn of the event loop: after what was ready has run, promises included, and after what the kernel had was read. */

export function atTurnEnd(fn: () => void): void {
  setImmediate(fn);
}
