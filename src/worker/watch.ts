/** The measurer as a suspect: how busy this thread was within the measured window. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { after, nowNs } from '../base/clock.js';
import { threadTimes } from '../base/thread-times.js';
import { windowAt } from '../record/shared.js';
import type { WorkerReport } from './protocol.js';

/** What the monitor adds to each delay that it reports. */
const resolutionMs = 10;
/** Fewer delays than this tell no p99. */
const leastDelays = 100;

export type ThreadUsage = Pick<WorkerReport, 'eventLoopUtilisation' | 'eventLoopDelayUsP99' | 'cpuNs' | 'queuedNs'>;

/** Samples at the opening of the window and at its close, or when asked, whichever is first. */
export function watchThread(window: Float64Array): () => ThreadUsage {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  let begin = sample();
  let end: ReturnType<typeof sample> | null = null;
  const msUntil = (ns: number): number => Math.max(0, (ns - nowNs()) / 1e6);
  const stopOpening = after(msUntil(window[windowAt.openNs]), () => {
    begin = sample();
    delays.enable();
  });
  const closesInMs = msUntil(window[windowAt.closeNs]);
  const stopClosing = closesInMs < 2 ** 31 ? after(closesInMs, () => (end = sample())) : (): void => {};
  return () => {
    stopOpening();
    stopClosing();
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
