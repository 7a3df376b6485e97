/** Everything that one round left behind, from shared memory, the workers' reports and their files. */
import type { GrantRows, History } from '../contract/index.js';
import { readConflicts } from '../record/cell.js';
import type { ChunkSource } from '../record/chunk-places.js';
import { sumCounters } from '../record/counters.js';
import { Handoffs } from '../record/handoffs.js';
import { mergeNodeFailures } from '../record/node-failures.js';
import { mergeHistograms, type Round, type RoundData } from '../record/round.js';
import { controlOf, liveAt, workerColumns, type SharedBuffers } from '../record/shared.js';
import { readHistory } from '../record/store.js';
import type { WorkerReport } from '../worker/protocol.js';
import type { Measured } from './measure.js';
import { Orphans } from './orphans.js';
import { Recovery } from './recovery.js';
import type { RoundSpec } from './round-spec.js';
import { ViolationSeries } from './series.js';
import { UnheldWatch } from './unheld.js';
import { resourcesUsed } from './usage.js';

type Seen = Pick<Round, 'incidents' | 'clientOptions' | 'series'> & Pick<History, 'keysLeft' | 'unreachable'>;

export function collect(spec: RoundSpec, shared: SharedBuffers, measured: Measured, seen: Seen): RoundData {
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
  const windowNs = [openNs, closeNs] as const;
  const recoveries = measured.faults.map(({ record, aimedMs }) => new Recovery(record, aimedMs, windowNs));
  const handoffs = new Handoffs(read.rows.keys, windowNs);
  const orphans = new Orphans(closeNs);
  const unheld = new UnheldWatch(read, { ttlMs: spec.plan.ttlMs, retryMaxMs: spec.strategy.retry.maxMs });
  const series = new ViolationSeries(read.rows.keys, seen.series, openNs);
  passOver(read, [...recoveries, handoffs, orphans, unheld, series]);
  const faults = recoveries.map((recovery) => recovery.result());
  const history: History = { ...read, faults };
  const dead = new Set(orphans.dead.map(({ contender }) => Math.floor(contender / spec.plan.contenders)));
  const round: Round = {
    strategy: spec.strategy.label,
    round: spec.round,
    memory: stored.memory,
    history: { ...stored.history, faults },
    nodeNames: spec.servers.servers.map(({ name }) => name),
    measured: sumCounters(columns.map((worker) => worker.measured)),
    grantsInWindow: live(liveAt.grantsInWindow),
    startedInWindow: live(liveAt.startedInWindow),
    handoffs: handoffs.count,
    // Those that were killed while somebody of them was inside are no victims of unfairness.
    grantsOf: columns.flatMap(({ grantsOf }, worker) => (dead.has(worker) ? [] : [...grantsOf])),
    commands: total((report) => report.commands),
    roundTrips: total((report) => report.roundTrips),
    errors: mergeErrors(reports),
    nodeFailures,
    backlog: {
      pending: total((report) => report.backlog.pending),
      peak: Math.max(0, ...reports.map((report) => report.backlog.peak)),
      dropped: total((report) => report.backlog.dropped),
    },
    orphans: orphans.result(),
    unheld: unheld.result(),
    resources: resourcesUsed({ ...measured, windowMs: (closeNs - openNs) / 1e6, grants: live(liveAt.grantsInWindow) }),
    ...told,
    series: series.result(),
    interrupted: spec.signal.aborted,
  };
  const kept = reports.flatMap((report) => report.kept);
  return { round, history, kept, histograms: mergeHistograms(columns.map((worker) => worker.histograms)) };
}

/** One pass for all that is told of the rows. */
function passOver({ rows }: History, readers: readonly { rows(block: GrantRows): void }[]): void {
  for (const block of rows.blocks()) for (const reader of readers) reader.rows(block);
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

function handedOver(reports: readonly WorkerReport[]): ChunkSource[] {
  return reports.flatMap((report, worker) =>
    report.kept.map((from) => ({ name: `what worker ${worker} could not write`, from })),
  );
}

/** What the workers have to say, told once for all of them. */
export function remarks(reports: readonly WorkerReport[]): string[] {
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
