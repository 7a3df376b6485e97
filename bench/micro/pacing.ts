/** How late operations start under an arrival rate, by turns: by timers of the event loop, and by the thread that calls them. */
import { CancelSource } from '../../src/base/cancel.js';
import { nowMs, nowNs } from '../../src/base/clock.js';
import { sleep } from '../../src/base/sleep.js';
import { threadTimes } from '../../src/base/thread-times.js';
import { emptyHistogram, quantileNs, recordNs } from '../../src/record/histogram.js';
import { Pacer } from '../../src/worker/pacer.js';

const ratesHz = [100, 1000, 5000, 10_000];
const contenders = 16;
const slices = 3;
const sliceMs = 500;

type Until = (ms: number) => Promise<void>;

/** Records how late each arrival of one slice was. */
async function slice(rateHz: number, until: Until, lateNs: Float64Array): Promise<void> {
  const firstMs = nowMs() + 5;
  const count = (rateHz * sliceMs) / 1000;
  let next = 0;
  const contender = async (): Promise<void> => {
    while (next < count) {
      const dueMs = firstMs + (next * 1000) / rateHz;
      next += 1;
      await until(dueMs);
      recordNs(lateNs, Math.max(0, nowNs() - dueMs * 1e6));
    }
  };
  await Promise.all(Array.from({ length: contenders }, contender));
}

export async function pacing(): Promise<void> {
  const ending = new CancelSource();
  const pacer = await Pacer.open(contenders, ending, (error) => {
    throw error;
  });
  const ways: Readonly<Record<string, Until>> = {
    'by timers': (ms) => sleep(Math.max(0, ms - nowMs()), ending),
    'called by a thread': (ms) => pacer.until(ms),
  };
  const cpuNs = (): number =>
    (threadTimes()?.cpuNs ?? NaN) + (pacer.threadId === null ? NaN : (threadTimes(pacer.threadId)?.cpuNs ?? NaN));
  for (const rateHz of ratesHz) {
    process.stdout.write(`\narrivals started late, ${rateHz} per second\n`);
    const measured = Object.entries(ways).map(([name, until]) => {
      return { name, until, lateNs: emptyHistogram(), cpuNs: 0, passedNs: 0 };
    });
    for (let i = 0; i < slices; i += 1)
      for (const one of measured) {
        const [beginCpuNs, beginNs] = [cpuNs(), nowNs()];
        await slice(rateHz, one.until, one.lateNs);
        one.cpuNs += cpuNs() - beginCpuNs;
        one.passedNs += nowNs() - beginNs;
      }
    for (const { name, lateNs, cpuNs: takenNs, passedNs } of measured) {
      const us = (ratio: number): string => ((quantileNs(lateNs, ratio) ?? NaN) / 1000).toFixed(0).padStart(6);
      const cores = (takenNs / passedNs).toFixed(2);
      process.stdout.write(`  ${name.padEnd(24)} p50 ${us(0.5)} us  p99 ${us(0.99)} us  ${cores} cores\n`);
    }
  }
  await pacer.close();
}
