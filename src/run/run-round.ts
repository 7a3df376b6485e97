/**
 * One round of one contestant on its own servers: workers ready, warm-up, measured window, drain, tear-down.
 *
 * The window is cut on the clock while all contenders keep going before and after it, so the sample never sees fewer of
 * them than planned. After its close they go on until every operation of the sample has ended, or patience has.
 */
import { delay, nowNs, wallClock } from '../base/clock.js';
import { CancelSource } from '../base/cancel.js';
import { seededRandom } from '../base/random.js';
import type { Counters, Fault, History, LoadShape, Plan, StrategyPlan, Workload } from '../contract/index.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import { readConflicts } from '../record/cell.js';
import { countHandoffs } from '../record/handoffs.js';
import { sumCounters } from '../record/counters.js';
import { mergeNodeFailures } from '../record/node-failures.js';
import { mergeHistograms, type Round, type RoundData } from '../record/round.js';
import {
  allocateShared,
  controlAt,
  controlOf,
  liveAt,
  windowAt,
  workerColumns,
  type SharedBuffers,
} from '../record/shared.js';
import { chunkFile, readHistory } from '../record/store.js';
import { traceFile } from '../record/trace.js';
import type { Provisioned } from '../servers/provision.js';
import type { WorkerReport, WorkerTask } from '../worker/protocol.js';
import { Crew } from './crew.js';
import { FaultSchedule } from './fault-schedule.js';
import { orphansOf } from './orphans.js';
import type { Observer } from './observer.js';
import { withRecovery } from './recovery.js';
import { contenders } from './tripwires.js';
import { resourcesUsed, sampleUsage, type UsageSample } from './usage.js';
import { Watcher } from './watcher.js';
import { openWiring, type Wiring } from './wiring.js';

const lookMs = 20;
/** Between the last worker's readiness and the first operation's window: none is measured that began before all ran. */
const openingMs = 20;
/** What is decided here about the window of processes counts from so much later: by then all have been told. */
const noticeMs = 20;
/** How long operations of the sample may go on after the close, at most. */
const drainMs = 2000;

export interface RoundSpec {
  readonly plan: Plan;
  readonly strategy: StrategyPlan;
  readonly round: number;
  readonly workload: Workload;
  readonly shape: LoadShape;
  readonly historyFolder: string;
  readonly servers: Provisioned;
  /** Those that the plan names, at least. */
  readonly faults: readonly Fault[];
  readonly observer: Observer;
  readonly signal: AbortSignal;
}

export async function runRound(spec: RoundSpec): Promise<RoundData> {
  const { plan, servers } = spec;
  const shared = allocateShared(plan);
  const { window, words } = controlOf(shared);
  window.set([Infinity, Infinity, nowNs()]);
  words[controlAt.grantsLeft] = plan.operations ?? 0;

  const incidents: string[] = [];
  const tell = (text: string): void => {
    const sinceMs = (nowNs() - window[windowAt.openNs]) / 1e6;
    incidents.push(
      Number.isFinite(sinceMs) ? `${sinceMs < 0 ? '' : '+'}${(sinceMs / 1000).toFixed(1)} s: ${text}` : text,
    );
    spec.observer.note(`${spec.strategy.label}: ${text}`);
  };
  const stopListening = servers.onIncident(tell);
  const needs = spec.faults.filter(({ name }) => plan.faults.some((fault) => fault.name === name));
  const wiring = await openWiring(
    plan,
    spec.strategy,
    servers,
    needs.map((fault) => fault.needs),
  );
  const crew = new Crew(
    tasksOf(spec, shared, (worker) => wiring.endpointsOf(worker)),
    tell,
  );
  const schedule = scheduleOf(spec, shared, wiring, crew);
  try {
    const clientOptions = await crew.ready();
    await schedule.prepare();
    const watcher = new Watcher(shared, spec.strategy.label, plan, spec.observer);
    const measured = await measure(spec, shared, crew, watcher, schedule);
    spec.observer.phase(`${spec.strategy.label}: looking for what is left`);
    const keysLeft = spec.strategy.topology.kind === 'none' ? null : await servers.keysLeft();
    const unreachable = await servers.unreachable();
    for (const text of remarks(measured.reports)) tell(text);
    return collect(spec, shared, measured, {
      keysLeft,
      unreachable,
      incidents,
      clientOptions,
      series: watcher.series,
    });
  } finally {
    stopListening();
    await schedule.end();
    await crew.dismiss();
    await wiring.close();
  }
}

interface Measured {
  readonly begin: UsageSample;
  readonly end: UsageSample;
  readonly serverCpuMs: readonly number[];
  readonly reports: readonly WorkerReport[];
  readonly lost: readonly string[];
  readonly standstillMs: number;
  readonly faults: Awaited<ReturnType<FaultSchedule['end']>>;
}

/** Lets the workers go, watches them until the window closes, drains, and stops them. */
async function measure(
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
    if (nowNs() >= window[windowAt.openNs]) begin ??= sampleUsage(servers.pids);
    watcher.look();
    if (ended || !(signal.aborted || allGranted(plan, shared))) continue;
    ended = true;
    endSoon(plan, window, crew);
  }
  window[windowAt.openNs] = Math.min(window[windowAt.openNs], nowNs());
  window[windowAt.closeNs] = Math.min(window[windowAt.closeNs], nowNs());
  const end = sampleUsage(servers.pids);
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

type Seen = Pick<Round, 'incidents' | 'clientOptions' | 'series'> & Pick<History, 'keysLeft' | 'unreachable'>;

/** Everything that the round left behind, from shared memory, the workers' reports and their files. */
function collect(spec: RoundSpec, shared: SharedBuffers, measured: Measured, seen: Seen): RoundData {
  const { reports } = measured;
  const { keysLeft, unreachable, ...told } = seen;
  const columns = shared.workers.map(workerColumns);
  const nodeFailures = mergeNodeFailures(reports.map((report) => report.nodeFailures));
  const total = (of: (report: WorkerReport) => number): number => reports.reduce((sum, report) => sum + of(report), 0);
  const live = (at: number): number => columns.reduce((sum, worker) => sum + worker.live[at], 0);
  const [openNs, closeNs] = controlOf(shared).window;
  const stored: Pick<Round, 'history' | 'memory'> = {
    history: {
      counters: sumCounters(columns.map((worker) => worker.all)),
      cell: spec.plan.isolate === 'thread' ? readConflicts(shared) : null,
      waits: reports.flatMap((report) => report.waits),
      windowNs: [openNs, closeNs],
      lost: measured.lost,
      keysLeft,
      silentServers: new Set(nodeFailures.map(({ node }) => node)).size,
      unreachable,
      standstillMs: measured.standstillMs,
      faults: [],
    },
    memory: resourceOf(spec, shared, reports),
  };
  const read = readHistory(spec.historyFolder, stored, handedOver(reports));
  const faults = measured.faults.map((record) => withRecovery(record, read.rows, [openNs, closeNs]));
  const history: History = { ...read, faults };
  const round: Round = {
    strategy: spec.strategy.label,
    round: spec.round,
    memory: stored.memory,
    history: { ...stored.history, faults },
    nodeNames: spec.servers.servers.map(({ name }) => name),
    measured: sumCounters(columns.map((worker) => worker.measured)),
    grantsInWindow: live(liveAt.grantsInWindow),
    startedInWindow: live(liveAt.startedInWindow),
    handoffs: countHandoffs(history.rows, openNs, closeNs),
    grantsOf: columns.flatMap((worker) => [...worker.grantsOf]),
    commands: total((report) => report.commands),
    roundTrips: total((report) => report.roundTrips),
    errors: mergeErrors(reports),
    nodeFailures,
    backlog: {
      pending: total((report) => report.backlog.pending),
      peak: Math.max(0, ...reports.map((report) => report.backlog.peak)),
      dropped: total((report) => report.backlog.dropped),
    },
    orphans: orphansOf(history),
    resources: resourcesUsed({ ...measured, windowMs: (closeNs - openNs) / 1e6, grants: live(liveAt.grantsInWindow) }),
    ...told,
    interrupted: spec.signal.aborted,
  };
  const kept = handedOver(reports).map(({ bytes }) => bytes);
  return { round, history, kept, histograms: mergeHistograms(columns.map((worker) => worker.histograms)) };
}

function resourceOf({ plan }: RoundSpec, shared: SharedBuffers, reports: readonly WorkerReport[]): Round['memory'] {
  if (plan.resource !== 'memory') return null;
  return {
    kind: 'memory',
    believed: Array.from({ length: plan.keys }, (_, key) =>
      reports.reduce((sum, report) => sum + report.believed[key], 0),
    ),
    found: [...new Int32Array(shared.resource)],
  };
}

function scheduleOf(spec: RoundSpec, shared: SharedBuffers, wiring: Wiring, crew: Crew): FaultSchedule {
  const { plan, strategy, round, servers } = spec;
  const columns = shared.workers.map(workerColumns);
  return new FaultSchedule(
    {
      plan,
      strategy,
      round,
      servers,
      wiring,
      contenders: contenders(crew, seededRandom(plan.seed, `${strategy.label}, round ${round}, who is struck`)),
      attempts: () => attemptsOf(sumCounters(columns.map(({ all }) => all))),
      ending: new CancelSource(),
    },
    spec.faults,
    spec.observer,
  );
}

function attemptsOf(counters: Counters): { begun: number; underWay: number } {
  const { attempts, grants, busy, tooLate, unreachable, cancelled, unknown, errors } = counters;
  return {
    begun: attempts,
    underWay: attempts - grants - busy - tooLate - unreachable - cancelled - unknown - errors,
  };
}

function tasksOf(
  { plan, strategy, round, historyFolder }: RoundSpec,
  shared: SharedBuffers,
  endpointsOf: (worker: number) => readonly NodeEndpoint[],
): WorkerTask[] {
  return Array.from({ length: plan.workers }, (_, index) => ({
    index,
    plan,
    strategy,
    endpoints: endpointsOf(index),
    shared,
    historyFile: chunkFile(historyFolder, index),
    traceFile: plan.faults.length > 0 ? traceFile(historyFolder, index) : null,
    round,
  }));
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

function handedOver(reports: readonly WorkerReport[]): { name: string; bytes: Uint8Array }[] {
  return reports.flatMap((report, worker) =>
    report.kept.map((bytes) => ({ name: `what worker ${worker} could not write`, bytes })),
  );
}

function whyLost(answers: readonly (WorkerReport | string)[]): string[] {
  return answers.flatMap((answer, worker) => {
    if (typeof answer === 'string') return [`worker ${worker}: ${answer}`];
    return answer.droppedRows > 0
      ? [`worker ${worker}: ${answer.droppedRows} records beyond the limit of its file`]
      : [];
  });
}

/** What the workers have to say, told once for all of them. */
function remarks(reports: readonly WorkerReport[]): string[] {
  const unsettled = reports.reduce((sum, report) => sum + report.unsettled, 0);
  const owed = unsettled > 0 ? [`releases still owed to nodes that do not answer: ${unsettled}`] : [];
  return [...owed, ...new Set(reports.flatMap((report) => report.errorSamples))];
}

function mergeErrors(reports: readonly WorkerReport[]): Record<string, number> {
  const merged: Record<string, number> = {};
  for (const { errors } of reports)
    for (const [code, count] of Object.entries(errors)) merged[code] = (merged[code] ?? 0) + count;
  return merged;
}
