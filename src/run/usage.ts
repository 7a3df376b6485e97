/** CPU of servers and machine within the measured window, and from it what limited the run. */
import type { Resources } from '../contract/index.js';
import { machineTimes, processTimes, type ScheduleTimes } from '../base/thread-times.js';
import type { WorkerReport } from '../worker/protocol.js';

/** Above this share of a core a single-threaded part has no room left. */
const fullCore = 0.85;
const fullMachine = 0.95;

/** Of one process: a server that was started again is another. */
interface ServerTimes extends ScheduleTimes {
  readonly pid: number;
}

export interface UsageSample {
  readonly servers: readonly (ServerTimes | null)[];
  readonly machine: ReturnType<typeof machineTimes>;
}

/** `families`: of each server its process and the children that work for it. */
export function sampleUsage(families: readonly (readonly number[])[]): UsageSample {
  return { servers: families.map(timesOf), machine: machineTimes() };
}

/** What children took that have ended since is lost. */
function timesOf([pid, ...children]: readonly number[]): ServerTimes | null {
  const own = pid === undefined ? null : processTimes(pid);
  if (pid === undefined || own === null) return null;
  const all = [own, ...children.flatMap((child) => processTimes(child) ?? [])];
  const sum = (of: (times: ScheduleTimes) => number): number => all.reduce((total, one) => total + of(one), 0);
  return { pid, cpuNs: sum(({ cpuNs }) => cpuNs), queuedNs: sum(({ queuedNs }) => queuedNs) };
}

/** What passed between two samples of one process; null where they are of two, or of none. */
function between(before: ServerTimes | null, after: ServerTimes | null): ScheduleTimes | null {
  if (before === null || after === null || before.pid !== after.pid) return null;
  return { cpuNs: Math.max(0, after.cpuNs - before.cpuNs), queuedNs: Math.max(0, after.queuedNs - before.queuedNs) };
}

export interface UsageInput {
  readonly begin: UsageSample;
  readonly end: UsageSample;
  readonly windowMs: number;
  readonly grants: number;
  readonly reports: readonly WorkerReport[];
  /** CPU of the servers as they tell it themselves, where their processes cannot be seen. */
  readonly serverCpuMs: readonly number[];
}

export function resourcesUsed({ begin, end, windowMs, grants, reports, serverCpuMs }: UsageInput): Resources {
  const passed = end.servers.map((times, i) => between(begin.servers[i], times));
  // A server that was started again counts from 0: what it used before is not known.
  const serversMs = passed.map((times, i) =>
    times !== null ? times.cpuNs / 1e6 : end.servers[i] === null ? (serverCpuMs[i] ?? NaN) : NaN,
  );
  const workerCpuMs = reports.map((report) => (report.cpuNs === null ? NaN : report.cpuNs / 1e6));
  const pacerCpuMs = reports.flatMap(({ pacerCpuNs }) => (pacerCpuNs === null ? [] : pacerCpuNs / 1e6));
  const queuedMs = [
    ...passed.map((times) => (times === null ? NaN : times.queuedNs / 1e6)),
    ...reports.map((report) => (report.queuedNs === null ? NaN : report.queuedNs / 1e6)),
  ];
  const busy =
    begin.machine !== null && end.machine !== null && end.machine.total > begin.machine.total
      ? (end.machine.busy - begin.machine.busy) / (end.machine.total - begin.machine.total)
      : null;
  const utilisation = reports.length > 0 ? Math.max(...reports.map((report) => report.eventLoopUtilisation)) : null;
  const delays = reports.flatMap((report) => report.eventLoopDelayUsP99 ?? []);
  const perGrant = (totalMs: number | null): number | null =>
    totalMs === null || grants === 0 ? null : (totalMs * 1000) / grants;
  return {
    limitedBy: limitedBy(share(workerCpuMs, windowMs), utilisation, share(serversMs, windowMs), busy),
    generatorUsPerCycle: perGrant(sumKnown([...workerCpuMs, ...pacerCpuMs])),
    serverUsPerCycle: perGrant(sumKnown(serversMs)),
    machineBusyRatio: busy,
    runQueueWaitRatio: share(queuedMs, windowMs),
    eventLoopUtilisation: utilisation,
    eventLoopDelayUsP99: delays.length > 0 ? Math.max(...delays) : null,
    pacerCpuRatio: pacerCpuMs.length > 0 && windowMs > 0 ? sumOf(pacerCpuMs) / windowMs : null,
  };
}

function limitedBy(
  generator: number | null,
  utilisation: number | null,
  server: number | null,
  machine: number | null,
): Resources['limitedBy'] {
  if ((generator ?? 0) > fullCore) return 'generator';
  if ((server ?? 0) > fullCore) return 'server';
  if ((machine ?? 0) > fullMachine) return 'machine';
  // Others may take CPU time from it; a loop that never waits for an answer is what limits all the same.
  if ((utilisation ?? 0) > fullCore) return 'generator';
  return generator === null && utilisation === null ? 'unknown' : 'lock';
}

function sumKnown(values: readonly number[]): number | null {
  return values.length > 0 && values.every((value) => !Number.isNaN(value)) ? sumOf(values) : null;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The largest share of the window that one of them took; null when none is known. */
function share(valuesMs: readonly number[], windowMs: number): number | null {
  const known = valuesMs.filter((value) => !Number.isNaN(value));
  return known.length > 0 && windowMs > 0 ? Math.max(...known) / windowMs : null;
}
