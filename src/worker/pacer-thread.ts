/**
 * The thread of a pacer. It sleeps until just before the next intended start, by a timer of the kernel that is a microsecond
 * fine, and calls the worker. Timers of an event loop are a millisecond coarse, which is longer than a lock takes; one that
 * spins would take a core from the servers.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { nowNs } from '../base/clock.js';
import { sharpenTimers } from '../base/thread-times.js';
import { entriesBetween, wordAt, type PacerMemory } from './pacer-clock.js';

const channel = parentPort!;
const { words, dueNs } = workerData as PacerMemory;
const mask = dueNs.length - 1;

/** Entries that the worker has been called for. */
let told = 0;

/** Sleeps until there is something to call for, or something has changed. */
function sleep(alarm: number): void {
  const put = Atomics.load(words, wordAt.put);
  const taken = Atomics.load(words, wordAt.taken);
  if (entriesBetween(told, taken) > 0) told = taken;
  if (told === put) {
    Atomics.store(words, wordAt.asleep, 1);
    Atomics.wait(words, wordAt.alarm, alarm);
    Atomics.store(words, wordAt.asleep, 0);
    return;
  }
  const callNs = nowNs() + Atomics.load(words, wordAt.leadNs);
  const earlyNs = dueNs[told & mask] - callNs;
  if (earlyNs > 0) {
    Atomics.wait(words, wordAt.alarm, alarm, earlyNs / 1e6);
    return;
  }
  while (told !== put && dueNs[told & mask] <= callNs) told = (told + 1) | 0;
  if (Atomics.exchange(words, wordAt.called, 1) === 0) channel.postMessage(null);
}

channel.postMessage(sharpenTimers());
while (Atomics.load(words, wordAt.stopped) === 0) sleep(Atomics.load(words, wordAt.alarm));
