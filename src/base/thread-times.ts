/** CPU time and run-queue wait as the Linux scheduler counts them; null where there is no /proc. */
import { readFileSync } from 'node:fs';

export interface ScheduleTimes {
  readonly cpuNs: number;
  readonly queuedNs: number;
}

/** Of the calling thread. */
export function threadTimes(): ScheduleTimes | null {
  return read('/proc/thread-self/schedstat');
}

/** Of the main thread of a process. */
export function processTimes(pid: number): ScheduleTimes | null {
  return read(`/proc/${pid}/schedstat`);
}

function read(file: string): ScheduleTimes | null {
  try {
    const [cpuNs, queuedNs] = readFileSync(file, 'utf8').split(' ').map(Number);
    return { cpuNs, queuedNs };
  } catch {
    return null;
  }
}

/** Jiffies of all cores since boot: busy, and in all. */
export function machineTimes(): { readonly busy: number; readonly total: number } | null {
  try {
    const fields = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].trim().split(/\s+/).slice(1, 9).map(Number);
    const total = fields.reduce((sum, field) => sum + field, 0);
    return { busy: total - fields[3] - fields[4], total };
  } catch {
    return null;
  }
}
