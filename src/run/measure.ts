/**
 * The measured window of one round: the workers go, the window is watched until it closes, what was begun within it ends,
 * and the workers report.
 */
import { delay, nowNs, wallClock } from '../base/clock.js';
import type { Plan } from '../contract/index.js';
import { controlOf, liveAt, windowAt, workerColumns, type SharedBuffers } from '../record/shared.js';
import type { WorkerReport } from '../worker/protocol.js';
import type { Crew } from './crew.js';
import type { FaultSchedule } from './fault-schedule.js';
import type { RoundSpec } from './round-spec.js';
import { sampleUsage, type UsageSample } from './usage.js';
import type { Watcher } from './watcher.js';

const lookMs = 20;
/** Between the last worker's readiness and the first operation's window: none is measured that began before all ran. */
const openingMs = 20;
/** What is decided here about the window of processes counts from so much later: by then all have been told. */
const noticeMs = 20;
/** How long operations of the sample may go on after the close, at most. */
const drainMs = 2000;
/** A window that has nothing left to win goes on for so long all the same: what was measured is to tell something. */
const leastWindowMs = 500;

export interface Measured {
  readonly begin: UsageSample;
  readonly end: UsageSample;
  readonly serverCpuMs: readonly number[];
  readonly reports: readonly WorkerReport[];
  readonly lost: readonly string[];
  readonly standstillMs: number;
  readonly faults: Awaited<ReturnType<FaultSchedule['end']>>;
}

/** Lets the workers go, watches them until the window closes, drains, and stops them. */
export async function measure(
  spec: RoundSpec,
  shared: SharedBuffers,
  crew: Crew,
  watcher: Watcher,
  schedule: FaultSchedule,
): Promise<Measured> {
  const { plan, servers, signal } = spec;
  const { window } = controlOf(shared);
  const toldBefore = await servers.cpuMs();
  window[windowAt.openNs] = nowNs() + (plan.warmupMs + openingMs) * 1e6;
  window[windowAt.closeNs] = window[windowAt.openNs] + plan.durationMs * 1e6;
  crew.go([window[windowAt.openNs], window[windowAt.closeNs]]);
  schedule.start(window[windowAt.openNs] / 1e6, window[windowAt.closeNs] / 1e6);
  let begin: UsageSample | null = null;
  let lookedNs = nowNs();
  let lookedAt = wallClock().getTime();
  let standstillMs = 0;
  let ended = false;
  while (nowNs() < window[windowAt.closeNs] && !crew.deserted) {
    await delay(lookMs);
    // While the machine sleeps the monotonic clock stands still, and leases run out by the wall clock.
    const passedMs = Math.max((nowNs() - lookedNs) / 1e6, wallClock().getTime() - lookedAt);
    standstillMs = Math.max(standstillMs, passedMs - lookMs);
    lookedNs = nowNs();
    lookedAt = wallClock().getTime();
    if (nowNs() >= window[windowAt.openNs]) begin ??= sampleUsage(servers.families);
    watcher.look();
    if (ended || !(signal.aborted || allGranted(plan, shared) || nothingToWin(spec, watcher, window))) continue;
    ended = true;
    endSoon(plan, window, crew);
  }
  window[windowAt.openNs] = Math.min(window[windowAt.openNs], nowNs());
  window[windowAt.closeNs] = Math.min(window[windowAt.closeNs], nowNs());
  const end = sampleUsage(servers.families);
  await crew.figuresOf(window[windowAt.closeNs]);
  watcher.end();
  const faults = await schedule.end();
  if (!signal.aborted) await drain(shared, plan, spec.shape.open, crew);
  const answers = await crew.stop();
  const toldAfter = await servers.cpuMs();
  return {
    begin: begin ?? end,
    end,
    serverCpuMs: toldAfter.map((ms, i) => ms - toldBefore[i]),
    reports: answers.filter((answer) => typeof answer !== 'string'),
    lost: whyLost(answers),
    standstillMs,
    faults,
  };
}

function nothingToWin(spec: RoundSpec, watcher: Watcher, window: Float64Array): boolean {
  return nowNs() >= window[windowAt.openNs] + leastWindowMs * 1e6 && spec.hopeless(watcher.doubleGrants);
}

/** With threads whoever is granted the last one closes the window itself; processes are counted from here. */
function allGranted({ isolate, operations }: Plan, shared: SharedBuffers): boolean {
  if (isolate === 'thread' || operations === null) return false;
  return (
    shared.workers.map(workerColumns).reduce((sum, { live }) => sum + live[liveAt.grantsInWindow], 0) >= operations
  );
}

/** Threads see it in the shared memory at once, processes must be told. */
function endSoon({ isolate }: Plan, window: Float64Array, crew: Crew): void {
  const closeNs = nowNs() + (isolate === 'process' ? noticeMs * 1e6 : 0);
  window[windowAt.openNs] = Math.min(window[windowAt.openNs], closeNs);
  window[windowAt.closeNs] = Math.min(window[windowAt.closeNs], closeNs);
  crew.move([window[windowAt.openNs], window[windowAt.closeNs]]);
}

/** Until every operation of the sample has ended: nobody's last wait is cut short because others had theirs. */
async function drain(shared: SharedBuffers, plan: Plan, open: boolean, crew: Crew): Promise<void> {
  const { window } = controlOf(shared);
  const columns = shared.workers.map(workerColumns);
  const closeNs = window[windowAt.closeNs];
  // What a dead worker was at will not end any more.
  const busy = (): boolean =>
    columns.some(
      ({ live }, worker) =>
        crew.works(worker) && (live[liveAt.pending] > 0 || (open && live[liveAt.lastIntendedNs] < closeNs)),
    );
  const untilNs = nowNs() + Math.min(drainMs, plan.waitMs + plan.ttlMs) * 1e6;
  while ((!crew.hasFiguresOf(closeNs) || busy()) && nowNs() < untilNs && !crew.deserted) await delay(1);
}

function whyLost(answers: readonly (WorkerReport | string)[]): string[] {
  return answers.flatMap((answer, worker) => {
    if (typeof answer === 'string') return [`worker ${worker}: ${answer}`];
    return answer.droppedRows > 0
      ? [`worker ${worker}: ${answer.droppedRows} records beyond the limit of its history`]
      : [];
  });
}
