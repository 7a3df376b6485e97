/**
 * Constant arrival rate: operations are meant to start on a schedule of their own, whatever the lock does. One that starts
 * late because all contenders were busy is timed from its intended start, so a slow lock cannot hide its queue.
 * Source: wrk2 (Gil Tene); OpenMessaging Benchmark for the send delay of its own.
 */
import type { LoadShape } from '../contract/index.js';

export default {
  name: 'rate',
  help: 'a constant arrival rate of --rate per second, timed from the intended starts',
  open: true,
  arrivals: ({ rateHz, workers, workerIndex, startMs }) => {
    const intervalMs = (1000 * workers) / (rateHz ?? 1);
    let next = startMs + (intervalMs * workerIndex) / workers;
    const take = (): number => {
      const intended = next;
      next += intervalMs;
      return intended;
    };
    return {
      nextMs: take,
      missed: (untilMs) => {
        const missed: number[] = [];
        while (next < untilMs) missed.push(take());
        return missed;
      },
    };
  },
} satisfies LoadShape;
