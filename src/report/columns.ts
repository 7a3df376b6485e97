/** The columns of a result, one definition for the terminal and for markdown. Titles in full, and in two lines where space is dear. */
import { sentinelCount, type LatencySummary, type RunResult } from '../contract/index.js';
import { formatCount, formatNumber, formatUs, noFigure } from '../base/units.js';
import type { Cell, Column } from './grid.js';
import { isControl, violationsOrUndecided } from './verdicts.js';
import { trialsText } from './words-harm.js';

type Measure = Omit<Column, 'cells'> & { cell(run: RunResult): Cell };

/** Short: in full it stands under the table. */
const keeps: Readonly<Record<string, string>> = {
  'fsync every second': '1s',
  'quorum fsync': 'quorum',
  'quorum, not synced': 'unsynced',
};

/** What a design needs and outlives: without it a ranking of unlike designs lies. */
const premises: readonly Measure[] = [
  premise('n', 'servers', ({ nodes, topology }) =>
    topology.kind === 'sentinel' ? `${formatCount(nodes)}+${sentinelCount}` : formatCount(nodes),
  ),
  premise('down', 'may be down', ({ claims }) => formatCount(claims.toleratesDown)),
  premise('keeps', 'durability', ({ durability }) => keeps[durability] ?? durability),
];

/** What goes when the terminal is narrow: first the operations of the lock itself, last what tells of its users. */
const ranks = { release: 1, acquire: 2, fairness: 3, waitP50: 4, waitMax: 5, handoffs: 6 } as const;

const measures: readonly Measure[] = [
  { title: 'grants/s', head: ['', 'grants/s'], cell: (run) => ({ text: formatNumber(run.throughputHz) }) },
  {
    title: 'hand-offs/s',
    head: ['hand-', 'offs/s'],
    rank: ranks.handoffs,
    cell: (run) => ({ text: formatNumber(run.handoffHz) }),
  },
  latency('wait', 'p50', (run) => run.waitUs, ranks.waitP50),
  latency('wait', 'p99', (run) => run.waitUs),
  latency('wait', 'max', (run) => run.waitUs, ranks.waitMax),
  latency('acquire', 'p50', (run) => run.latencyUs.acquire, ranks.acquire),
  latency('acquire', 'p99', (run) => run.latencyUs.acquire, ranks.acquire),
  latency('release', 'p50', (run) => run.latencyUs.release, ranks.release),
  latency('release', 'p99', (run) => run.latencyUs.release, ranks.release),
  {
    title: 'fairness (Jain)',
    head: ['fair-', 'ness'],
    rank: ranks.fairness,
    cell: (run) => ({ text: formatNumber(run.fairness.jain) }),
  },
  { title: 'violations', head: ['', 'violations'], cell: violationsCell },
];

export function columnsOf(runs: readonly RunResult[]): readonly Column[] {
  return measuresOf(runs).map(({ cell, ...column }) => ({ ...column, cells: runs.map(cell) }));
}

/** Every title in one line. */
export function titlesOf(runs: readonly RunResult[]): readonly string[] {
  return ['strategy', ...measuresOf(runs).map(({ title }) => title)];
}

/** In the order of the titles, of each run. */
export function textsOf(runs: readonly RunResult[]): readonly (readonly string[])[] {
  return runs.map((run) => measuresOf(runs).map(({ cell }) => cell(run).text));
}

/** The premises where the designs do not share them; else they are told once, under the table. */
function measuresOf(runs: readonly RunResult[]): readonly Measure[] {
  const designs = runs.filter((run) => !isControl(run));
  const unlike = premises.some(({ cell }) => new Set(designs.map((run) => cell(run).text)).size > 1);
  return unlike ? [...premises, ...measures] : measures;
}

/** `3 rounds: 1,050..1,200 grants/s`, or `violations in 14 of 20 trials: ...`; null for a single round. */
export function spreadOf({ repeats, trials }: RunResult): string | null {
  if (repeats.length < 2) return trials === null ? null : `violations in ${trialsText(trials)}`;
  const ratesHz = repeats.map(({ throughputHz }) => throughputHz);
  const [min, max] = [Math.min(...ratesHz), Math.max(...ratesHz)].map((hz) => formatNumber(hz));
  const what = trials === null ? `${repeats.length} rounds` : `violations in ${trialsText(trials)}`;
  return `${what}: ${min}..${max} grants/s`;
}

function premise(name: string, title: string, textOf: (run: RunResult) => string): Measure {
  const cell = (run: RunResult): Cell => ({ text: isControl(run) ? noFigure : textOf(run) });
  return { title, group: 'servers', head: ['', name], cell };
}

function latency(
  group: string,
  name: 'p50' | 'p99' | 'max',
  of: (run: RunResult) => LatencySummary,
  rank?: number,
): Measure {
  const base = { title: `${group} ${name}`, group, head: ['', name] as const };
  const cell = (run: RunResult): Cell => ({ text: formatUs(of(run)[name]) });
  return rank === undefined ? { ...base, cell } : { ...base, rank, cell };
}

function violationsCell(run: RunResult): Cell {
  const violations = violationsOrUndecided(run);
  if (violations === null) return { text: noFigure };
  if (violations === 'undecided') return { text: violations, ink: 'yellow' };
  return violations === 0 ? { text: '0' } : { text: formatCount(violations), ink: 'red' };
}
