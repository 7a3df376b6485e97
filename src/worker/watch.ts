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

export type ThreadUsage = Pick<WorkerReport, 'eventLoopUtilisation' | 'eventLoopDelayUsP99' | 'cpuNs' | 'queuedNs'>;

/** Samples at the opening of the window and at its close, which may come earlier than planned. */
export function watchThread(window: Float64Array): () => ThreadUsage {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  let begin = sample();
  let opened = false;
  let end: ReturnType<typeof sample> | null = null;
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
      cpuNs: end.times !== null && begin.times !== null ? end.times.cpuNs - begin.times.cpuNs : null,
      queuedNs: end.times !== null && begin.times !== null ? end.times.queuedNs - begin.times.queuedNs : null,
    };
  };
}

function sample(): {
  readonly loop: ReturnType<typeof performance.eventLoopUtilization>;
  readonly times: ReturnType<typeof threadTimes>;
} {
  return { loop: performance.eventLoopUtilization(), times: threadTimes() };
}
