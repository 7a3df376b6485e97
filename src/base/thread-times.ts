/** CPU time and run-queue wait as the Linux scheduler counts them; null where there is no /proc. */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';

export interface ScheduleTimes {
  readonly cpuNs: number;
  readonly queuedNs: number;
}

/** Of the calling thread, or of one of this process. */
export function threadTimes(thread?: number): ScheduleTimes | null {
  return read(`/proc/${thread === undefined ? 'thread-self' : `self/task/${thread}`}/schedstat`);
}

/** Of a process, all its threads together. */
export function processTimes(pid: number): ScheduleTimes | null {
  let cpuNs = 0;
  let queuedNs = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const times = read(`/proc/${pid}/task/${thread}/schedstat`);
      cpuNs += times?.cpuNs ?? 0;
      queuedNs += times?.queuedNs ?? 0;
    }
  } catch {
    return null;
  }
  return { cpuNs, queuedNs };
}

function read(file: string): ScheduleTimes | null {
  try {
    const [cpuNs, queuedNs] = readFileSync(file, 'utf8').split(' ').map(Number);
    return { cpuNs, queuedNs };
  } catch {
    return null;
  }
}

export interface MachineTimes {
  readonly busy: number;
  /** Taken by other machines on the same host; part of busy. */
  readonly steal: number;
  readonly total: number;
}

/** Jiffies of all cores since boot. */
export function machineTimes(): MachineTimes | null {
  try {
    const fields = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].trim().split(/\s+/).slice(1, 9).map(Number);
    const total = fields.reduce((sum, field) => sum + field, 0);
    return { busy: total - fields[3] - fields[4], steal: fields[7] ?? 0, total };
  } catch {
    return null;
  }
}

/** Share of the last ten seconds in which something runnable waited for a core, 0 to 1; null where the kernel does not tell. */
export function cpuPressure(): number | null {
  try {
    const found = /^some avg10=([\d.]+)/.exec(readFileSync('/proc/pressure/cpu', 'utf8'));
    return found === null ? null : Number(found[1]) / 100;
  } catch {
    return null;
  }
}

/**
 * Lets the kernel end sleeps of the calling thread when they are over, and not up to 50 us later together with others. Returns
 * the thread's number for `threadTimes`; null where the system does neither.
 */
export function sharpenTimers(): number | null {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    writeFileSync(`/proc/${thread}/timerslack_ns`, '1');
    return thread;
  } catch {
    return null;
  }
}
