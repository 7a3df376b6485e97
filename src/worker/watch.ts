/** The measurer as a suspect: how busy this thread was within the measured window. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { after, nowNs } from '../base/clock.js';
import { threadTimes } from '../base/thread-times.js';
import { windowAt } from '../record/shared.js';
import type { WorkerReport } from './protocol.js';

/** What the monitor adds to each delay that it reports. */
const resolutionMs = 10;
const lookMs = 20;
/** Fewer delays than this tell no p99. */
const leastDelays = 100;

export type ThreadUsage = Pick<
  WorkerReport,
  'eventLoopUtilisation' | 'eventLoopDelayUsP99' | 'cpuNs' | 'queuedNs' | 'pacerCpuNs'
>;

interface Sample {
  readonly loop: ReturnType<typeof performance.eventLoopUtilization>;
  readonly times: ReturnType<typeof threadTimes>;
  readonly pacerTimes: ReturnType<typeof threadTimes>;
}

/**
 * Samples at the opening of the window and at its close, which may come earlier than planned. `pacerThread`: of the thread
 * that paces this one; null where there is none.
 */
export function watchThread(window: Float64Array, pacerThread: number | null): () => ThreadUsage {
  const sample = (): Sample => ({
    loop: performance.eventLoopUtilization(),
    times: threadTimes(),
    pacerTimes: pacerThread === null ? null : threadTimes(pacerThread),
  });
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  let begin = sample();
  let opened = false;
  let end: Sample | null = null;
  let stopLooking = (): void => {};
  const look = (): void => {
    const now = nowNs();
    if (!opened && now >= window[windowAt.openNs]) {
      opened = true;
      begin = sample();
      delays.enable();
    }
    if (now >= window[windowAt.closeNs]) end = sample();
    else stopLooking = after(lookMs, look);
  };
  look();
  return () => {
    stopLooking();
    end ??= sample();
    delays.disable();
    const p99Us = delays.count < leastDelays ? null : Math.max(0, delays.percentile(99) / 1000 - resolutionMs * 1000);
    return {
      eventLoopUtilisation: performance.eventLoopUtilization(end.loop, begin.loop).utilization,
      eventLoopDelayUsP99: p99Us,
      cpuNs: passed(begin.times?.cpuNs, end.times?.cpuNs),
      queuedNs: passed(begin.times?.queuedNs, end.times?.queuedNs),
      pacerCpuNs: passed(begin.pacerTimes?.cpuNs, end.pacerTimes?.cpuNs),
    };
  };
}

function passed(beginNs: number | undefined, endNs: number | undefined): number | null {
  return beginNs === undefined || endNs === undefined ? null : endNs - beginNs;
}
