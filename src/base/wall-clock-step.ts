/**
 * A step of the wall clock as JavaScript sees it in this thread: what a lock that measures its lease by Date.now() meets
 * when somebody sets the clock. The machine's own clock, and the monotonic one, stay as they are.
 */
import { nowMs } from './clock.js';

const TrueDate = Date;
const trueNow = TrueDate.now.bind(TrueDate);
let aheadMs = 0;
let installed = false;

function shiftedNow(): number {
  return trueNow() + aheadMs;
}

function install(): void {
  installed = true;
  TrueDate.now = shiftedNow;
  const shifted = new Proxy(TrueDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget) as Date,
    apply: () => new TrueDate(shiftedNow()).toString(),
  });
  TrueDate.prototype.constructor = shifted;
  globalThis.Date = shifted;
}

/** Steps add up. Tells how far Date.now() moved against the monotonic clock, in ms. */
export function stepWallClock(byMs: number): number {
  const before = Date.now() - nowMs();
  if (!installed) install();
  aheadMs += byMs;
  return Date.now() - nowMs() - before;
}
