import { afterEach, describe, expect, it } from 'vitest';
import { CancelSource } from '../base/cancel.js';
import { nowMs, nowNs } from '../base/clock.js';
import { entriesBetween, pacerMemory, wordAt } from './pacer-clock.js';
import { Pacer } from './pacer.js';

const waiters = 8;
const opened: Pacer[] = [];

async function open() {
  const ending = new CancelSource();
  const pacer = await Pacer.open(waiters, ending, (error) => {
    throw error;
  });
  opened.push(pacer);
  return { pacer, ending };
}

afterEach(async () => {
  for (const pacer of opened.splice(0)) await pacer.close();
});

describe('a pacer', () => {
  it('starts everybody, nobody before the time, in the order of their times, round and round its ring', async () => {
    const { pacer } = await open();
    const begun: number[] = [];
    const tooEarly: number[] = [];
    const firstMs = nowMs() + 20;
    let next = 0;
    const contender = async (): Promise<void> => {
      while (next < 400) {
        const one = next;
        next += 1;
        const dueMs = firstMs + one / 4;
        await pacer.until(dueMs);
        begun.push(one);
        if (nowNs() < dueMs * 1e6) tooEarly.push(one);
      }
    };
    await Promise.all(Array.from({ length: waiters }, contender));
    expect(begun).toEqual(Array.from({ length: 400 }, (_, i) => i));
    expect(tooEarly).toEqual([]);
  });

  it('starts one that comes later for an earlier time first', async () => {
    const { pacer, ending } = await open();
    const begun: string[] = [];
    const last = pacer.until(nowMs() + 60_000).then(() => begun.push('in a minute'));
    const middle = pacer.until(nowMs() + 40).then(() => begun.push('in 40 ms'));
    const first = pacer.until(nowMs() + 10).then(() => begun.push('in 10 ms'));
    await Promise.all([first, middle]);
    ending.cancel();
    await last;
    expect(begun).toEqual(['in 10 ms', 'in 40 ms', 'in a minute']);
  });

  it('starts at once what is due, and all that wait when the run ends', async () => {
    const { pacer, ending } = await open();
    await pacer.until(nowMs() - 1);
    const waiting = Promise.all([pacer.until(nowMs() + 60_000), pacer.until(Infinity)]);
    ending.cancel();
    await waiting;
    await pacer.until(nowMs() + 60_000);
  });

  it('starts at once after a standstill all that became due in it', async () => {
    const { pacer } = await open();
    const dueMs = nowMs() + 5;
    const all = Promise.all(Array.from({ length: waiters }, (_, i) => pacer.until(dueMs + i)));
    while (nowMs() < dueMs + 30);
    await all;
    await pacer.until(nowMs() + 5);
  });
});

describe('its memory', () => {
  it('has room for all that can wait, and counts across the end of 32 bits', () => {
    expect(pacerMemory(1).dueNs.length).toBe(2);
    expect(pacerMemory(8).dueNs.length).toBe(8);
    expect(pacerMemory(9).dueNs.length).toBe(16);
    const { words } = pacerMemory(1);
    words[wordAt.put] = 2 ** 31 - 1;
    Atomics.add(words, wordAt.put, 2);
    expect(entriesBetween(2 ** 31 - 1, words[wordAt.put])).toBe(2);
  });
});
