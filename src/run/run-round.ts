/**
 * One round of one contestant on its own servers: workers ready, warm-up, measured window, drain, tear-down.
 *
 * The window is cut on the clock while all contenders keep going before and after it, so the sample never sees fewer of
 * them than planned. After its close they go on until every operation of the sample has ended, or patience has.
 */
import { pluginUrl } from '../base/plugins.js';
import { delay, nowNs } from '../base/clock.js';
import { pathToFileURL } from 'node:url';
import { latencyNames, type LoadShape, type Plan, type StrategyPlan, type Workload } from '../contract/index.js';
import { readConflicts } from '../record/cell.js';
import { sumCounters } from '../record/counters.js';
import { addHistogram, emptyHistogram } from '../record/histogram.js';
import type { Histograms, Round, RoundData } from '../record/round.js';
import {
  allocateShared,
  controlAt,
  controlOf,
  liveAt,
  windowAt,
  workerColumns,
  type SharedBuffers,
} from '../record/shared.js';
import { chunkFile, readRows } from '../record/store.js';
import type { Provisioned } from '../servers/provision.js';
import type { WorkerReport, WorkerTask } from '../worker/protocol.js';
import { Crew } from './crew.js';
import type { Observer } from './observer.js';
import { resourcesUsed, sampleUsage } from './usage.js';
import { Watcher } from './watcher.js';

const lookMs = 20;
/** Between the last worker's readiness and the first operation's window: none is measured that began before all ran. */
const openingMs = 20;
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
  readonly observer: Observer;
  readonly signal: AbortSignal;
}

export async function runRound(spec: RoundSpec): Promise<RoundData> {
  const { plan, strategy, workload, servers, signal } = spec;
  const shared = allocateShared({
    workers: plan.workers,
    contenders: plan.contenders,
    keys: plan.keys,
    cellsPerKey: workload.cellsPerKey,
  });
  const control = controlOf(shared);
  control.window.set([Infinity, Infinity, nowNs()]);
  control.words[controlAt.grantsLeft] = plan.operations ?? 0;

  const incidents: string[] = [];
  const tell = (text: string): void => {
    const sinceMs = (nowNs() - control.window[windowAt.openNs]) / 1e6;
    incidents.push(
      Number.isFinite(sinceMs) ? `${sinceMs < 0 ? '' : '+'}${(sinceMs / 1000).toFixed(1)} s: ${text}` : text,
    );
    spec.observer.note(`${strategy.label}: ${text}`);
  };
  const stopListening = servers.onIncident(tell);
  const crew = new Crew(tasksOf(spec, shared), tell);
  try {
    const clientOptions = await crew.ready();
    const toldBefore = await servers.cpuMs();
    const watcher = new Watcher(shared, strategy.label, plan, spec.observer);
    control.window[windowAt.openNs] = nowNs() + (plan.warmupMs + openingMs) * 1e6;
    control.window[windowAt.closeNs] = control.window[windowAt.openNs] + plan.durationMs * 1e6;
    crew.go();

    let begin = sampleUsage(servers.pids);
    let opened = false;
    while (nowNs() < control.window[windowAt.closeNs] && !signal.aborted && !crew.deserted) {
      await delay(lookMs);
      if (!opened && nowNs() >= control.window[windowAt.openNs]) {
        begin = sampleUsage(servers.pids);
        opened = true;
      }
      watcher.look();
    }
    control.window[windowAt.openNs] = Math.min(control.window[windowAt.openNs], nowNs());
    control.window[windowAt.closeNs] = Math.min(control.window[windowAt.closeNs], nowNs());
    const end = sampleUsage(servers.pids);
    watcher.end();
    if (!signal.aborted) await drain(shared, plan, spec.shape.open, crew);
    const answers = await crew.stop(0);
    const toldAfter = await servers.cpuMs();
    const reports = answers.filter((answer) => typeof answer !== 'string');
    const keysLeft = await servers.keysLeft();

    const { rows, cut } = readRows(spec.historyFolder, handedOver(reports));
    const lost = [...cut, ...whyLost(answers)];
    const columns = shared.workers.map(workerColumns);
    const measured = sumCounters(columns.map((worker) => worker.measured));
    const windowNs = [control.window[windowAt.openNs], control.window[windowAt.closeNs]] as const;
    const live = (at: number): number => columns.reduce((sum, worker) => sum + worker.live[at], 0);
    const staller = columns.reduce((a, b) => (b.live[liveAt.stallMs] > a.live[liveAt.stallMs] ? b : a)).live;
    const resource = new Int32Array(shared.resource);
    for (const report of reports) if (report.unsettled !== null) tell(report.unsettled);
    const round: Round = {
      strategy: strategy.label,
      round: spec.round,
      history: {
        counters: sumCounters(columns.map((worker) => worker.all)),
        cell: readConflicts(shared),
        longestStall:
          staller[liveAt.stallMs] > 0
            ? { ms: staller[liveAt.stallMs], key: staller[liveAt.stallKey], atNs: staller[liveAt.stallAtNs] }
            : null,
        resource:
          workload.cellsPerKey === 0
            ? null
            : {
                believed: Array.from({ length: plan.keys }, (_, key) =>
                  reports.reduce((sum, report) => sum + report.believed[key], 0),
                ),
                found: Array.from({ length: plan.keys }, (_, key) => resource[key * workload.cellsPerKey]),
              },
        windowNs,
        lost,
        keysLeft: strategy.topology.kind === 'none' ? null : keysLeft,
      },
      measured,
      grantsInWindow: live(liveAt.grantsInWindow),
      handoffs: live(liveAt.handoffs),
      grantsOf: [...new Int32Array(shared.grantsOf)],
      commands: reports.reduce((sum, report) => sum + report.commands, 0),
      roundTrips: reports.reduce((sum, report) => sum + report.roundTrips, 0),
      errors: mergeErrors(reports),
      backlog: {
        pending: reports.reduce((sum, report) => sum + report.backlog.pending, 0),
        peak: Math.max(0, ...reports.map((report) => report.backlog.peak)),
        dropped: reports.reduce((sum, report) => sum + report.backlog.dropped, 0),
      },
      resources: resourcesUsed({
        begin,
        end,
        windowMs: (windowNs[1] - windowNs[0]) / 1e6,
        grants: live(liveAt.grantsInWindow),
        reports,
        toldServerCpuMs: toldAfter.map((ms, i) => ms - toldBefore[i]),
      }),
      series: watcher.series,
      incidents,
      clientOptions,
      interrupted: signal.aborted,
    };
    return { round, rows, histograms: mergeHistograms(columns.map((worker) => worker.histograms)) };
  } finally {
    stopListening();
    await crew.dismiss();
  }
}

function tasksOf({ plan, strategy, round, servers, historyFolder }: RoundSpec, shared: SharedBuffers): WorkerTask[] {
  const module = strategy.file === null ? pluginUrl('strategy', strategy.name) : pathToFileURL(strategy.file);
  return Array.from({ length: plan.workers }, (_, index) => ({
    index,
    plan,
    strategy,
    module: module.href,
    endpoints: servers.endpoints,
    shared,
    historyFile: chunkFile(historyFolder, index),
    round,
  }));
}

/** Until every operation of the sample has ended: nobody's last wait is cut short because others had theirs. */
async function drain(shared: SharedBuffers, plan: Plan, open: boolean, crew: Crew): Promise<void> {
  const { window, words } = controlOf(shared);
  const columns = shared.workers.map(workerColumns);
  const untilNs = nowNs() + Math.min(drainMs, plan.waitMs + plan.ttlMs) * 1e6;
  const behind = (): boolean =>
    open && columns.some((worker) => worker.live[liveAt.lastIntendedNs] < window[windowAt.closeNs]);
  while ((Atomics.load(words, controlAt.pending) > 0 || behind()) && nowNs() < untilNs && !crew.deserted)
    await delay(1);
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

function mergeErrors(reports: readonly WorkerReport[]): Record<string, number> {
  const merged: Record<string, number> = {};
  for (const { errors } of reports)
    for (const [code, count] of Object.entries(errors)) merged[code] = (merged[code] ?? 0) + count;
  return merged;
}

function mergeHistograms(parts: readonly Histograms[]): Histograms {
  return Object.fromEntries(
    latencyNames.map((name) => {
      const sum = emptyHistogram();
      for (const part of parts) addHistogram(sum, part[name]);
      return [name, sum];
    }),
  ) as Histograms;
}
