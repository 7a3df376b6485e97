/**
 * For spreadsheets: one row per run, flat columns named as in the JSON document, with the unit last. The columns are the same
 * for every result, so that files can be put under one another.
 */
import type {
  FaultRecord,
  LatencyName,
  LatencySummary,
  Reporter,
  Result,
  RunResult,
  ThresholdResult,
} from '../contract/index.js';
import { latencyNames } from '../contract/index.js';
import { csvText, type Field } from './csv-text.js';
import { libraryOf } from './library.js';
import { exclusionUpperBound, violationsOf } from './verdicts.js';

type Column = readonly [name: string, of: (run: RunResult, result: Result) => Field];

const planColumns: readonly Column[] = [
  ['schemaVersion', (_, result) => result.schemaVersion],
  ['startedAt', (_, result) => result.startedAt],
  ['seed', (_, result) => result.seed],
  ['partial', (_, result) => result.partial],
  ['strategy', (run) => run.strategy],
  ['options', (run) => pairs(run.options)],
  ['client', (run) => libraryOf(run)],
  ['topology', (run) => run.topology.kind],
  ['nodes', (run) => run.nodes],
  ['replicas', (run) => run.topology.replicas],
  ['persistence', (run) => run.persistence],
  ['isolate', (run) => run.isolate],
  ['holder', (run) => run.holder],
  ['workers', (run) => run.workers],
  ['contenders', (run) => run.contenders],
  ['keys', (run) => run.keys],
  ['keyChoice', (run) => run.keyChoice],
  ['load', (run) => run.load.shape],
  ['targetHz', (run) => run.load.targetHz],
  ['achievedHz', (run) => run.load.achievedHz],
  ['workload', (run) => run.workload],
  ['ttlMs', (run) => run.ttlMs],
  ['holdMs', (run) => run.holdMs],
  ['thinkMs', (run) => run.thinkMs],
  ['waitMs', (run) => run.waitMs],
  ['durationMs', (run) => run.durationMs],
  ['rounds', (run) => Math.max(1, run.repeats.length)],
];

const countColumns: readonly Column[] = [
  ['attempts', (run) => run.attempts],
  ['tries', (run) => run.tries],
  ['grants', (run) => run.grants],
  ['refusedBusy', (run) => run.refused.busy],
  ['refusedTooLate', (run) => run.refused.tooLate],
  ['refusedUnreachable', (run) => run.refused.unreachable],
  ['cancelled', (run) => run.cancelled],
  ['unknown', (run) => run.unknown],
  ['errors', (run) => pairs(run.errors)],
  ['throughputHz', (run) => run.throughputHz],
  ['throughputMinHz', (run) => Math.min(...roundsHz(run))],
  ['throughputMaxHz', (run) => Math.max(...roundsHz(run))],
  ['handoffHz', (run) => run.handoffHz],
  ['commandsPerGrant', (run) => run.commandsPerGrant],
  ['roundTripsPerGrant', (run) => run.roundTripsPerGrant],
  ['jain', (run) => run.fairness.jain],
  ['starved', (run) => run.fairness.starved],
];

const resourceColumns: readonly Column[] = [
  ['backlogPeak', (run) => run.backlog.peak],
  ['backlogDropped', (run) => run.backlog.dropped],
  ['limitedBy', (run) => run.resources.limitedBy],
  ['generatorCpuPerGrantUs', (run) => run.resources.generatorUsPerCycle],
  ['serverCpuPerGrantUs', (run) => run.resources.serverUsPerCycle],
  ['machineBusyRatio', (run) => run.resources.machineBusyRatio],
  ['runQueueWaitRatio', (run) => run.resources.runQueueWaitRatio],
  ['eventLoopDelayP99Us', (run) => run.resources.eventLoopDelayUsP99],
  ['pacerCpuRatio', (run) => run.resources.pacerCpuRatio],
];

const verdictColumns: readonly Column[] = [
  ['violations', violationsOf],
  ['exclusionUpperBoundRatio', exclusionUpperBound],
  ['checksFailed', (run) => checks(run, 'fail')],
  ['checksUndecided', (run) => checks(run, 'undecided')],
  ['checksPassed', (run) => checks(run, 'pass')],
  ['folder', (_, result) => result.folder],
];

/** Last, so that files of older versions keep their columns. One field for all faults: a row stays a run. */
const faultColumns: readonly Column[] = [
  ['resource', (run) => run.resource],
  ['fencing', (run) => run.fencing],
  ['addedLatencyMs', (run) => run.latencyMs.join(';')],
  ['trials', (run) => run.trials?.count ?? null],
  ['trialsViolated', (run) => run.trials?.violated ?? null],
  ['harm', (run) => run.harm?.words ?? null],
  ['harmCount', (run) => run.harm?.count ?? null],
  ['harmIsCostOnly', (run) => run.harm?.costOnly ?? null],
  ['orphans', (run) => run.orphans.count],
  ['orphansLongestMs', (run) => run.orphans.longestMs],
  ['faults', (run) => run.faults.map(faultField).join(';')],
  ['faultsWithoutEffect', (run) => run.faults.filter(({ effective }) => !effective).length],
  ['firstGrantAfterHealingMaxMs', (run) => largest(run.faults.map(({ firstGrantMs }) => firstGrantMs))],
  ['longestTimeWithoutGrantMaxMs', (run) => largest(run.faults.map(({ longestGap }) => longestGap?.ms ?? null))],
  ['rateRecoveredAfterMaxMs', (run) => largest(run.faults.map(({ recoveredMs }) => recoveredMs))],
];

const thresholdColumns: readonly Column[] = [
  ['thresholds', (run) => run.thresholds.map(thresholdField).join(';')],
  ['thresholdsCrossed', (run) => run.thresholds.filter(({ ok }) => !ok).length],
];

const latencyFields = [
  ['Count', 'count'],
  ['MeanUs', 'mean'],
  ['P50Us', 'p50'],
  ['P90Us', 'p90'],
  ['P99Us', 'p99'],
  ['P999Us', 'p999'],
  ['MaxUs', 'max'],
] as const;

const columns: readonly Column[] = [
  ...planColumns,
  ...countColumns,
  ...latencyNames.flatMap((name) =>
    latencyFields.map(([suffix, field]): Column => [name + suffix, (run) => summaryOf(run, name)[field]]),
  ),
  ...resourceColumns,
  ...verdictColumns,
  ...faultColumns,
  ...thresholdColumns,
];

export default {
  name: 'csv',
  help: 'one row per run with flat columns, for a spreadsheet',
  render: (result) =>
    csvText([columns.map(([name]) => name), ...result.runs.map((run) => columns.map(([, of]) => of(run, result)))]),
} satisfies Reporter;

function roundsHz({ repeats, throughputHz }: RunResult): readonly number[] {
  return repeats.length > 0 ? repeats.map((round) => round.throughputHz) : [throughputHz];
}

function summaryOf(run: RunResult, name: LatencyName): LatencySummary {
  return name === 'wait' ? run.waitUs : run.latencyUs[name];
}

function checks({ verdicts }: RunResult, kind: RunResult['verdicts'][number]['verdict']): string {
  return verdicts.flatMap(({ check, verdict }) => (verdict === kind ? [check] : [])).join(';');
}

/** `cut master 2+master 4 2002..4001`, in ms from the opening of the window. */
function faultField({ name, target, startedMs, healedMs }: FaultRecord): string {
  const ms = (at: number | null): string => (at === null ? '' : at.toFixed(0));
  const span = startedMs === null ? 'never' : `${ms(startedMs)}..${ms(healedMs)}`;
  return [name, target.replaceAll(', ', '+'), span].filter((part) => part !== '').join(' ');
}

/** `acquire.p99<5ms met 1234`, the figure in the unit of the summary. */
function thresholdField({ text, ok, observed }: ThresholdResult): string {
  return `${text} ${ok ? 'met' : 'crossed'} ${observed ?? 'none'}`;
}

/** Null where one of them is not known: the longest is then not known either. */
function largest(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? []);
  return known.length === 0 || known.length < values.length ? null : Math.max(...known);
}

function pairs(record: Readonly<Record<string, unknown>>): string {
  return Object.entries(record)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(';');
}
