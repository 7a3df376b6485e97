/** What was measured of one group under one load, as columns of text: the same for the terminal and the page. Pure. */
import { formatCount, formatNumber, formatPercent, formatRate, formatUs, noFigure } from '../../src/base/units.js';
import { figure, metrics, ratio, type Figure, type Metric } from './figures.js';
import type { Group } from './groups.js';
import type { Cell, Measured } from './measured.js';
import { bestOf } from './targets.js';

export interface TableColumn {
  readonly title: string;
  /** In the order of the rows; `interval` is empty where there is none. */
  readonly cells: readonly { readonly text: string; readonly interval: string }[];
}

export interface Table {
  readonly labels: readonly string[];
  readonly columns: readonly TableColumn[];
  /** Whom the times are times of; null: there is none. */
  readonly yardstick: string | null;
}

interface Form {
  /** By which rows are ordered, and the times told. */
  readonly headline: Metric;
  readonly others: readonly Metric[];
  readonly isYardstick: (cell: Cell) => boolean;
}

const cost = [metrics.clientUs, metrics.serverUs];
const isLibrary = ({ kind }: Cell): boolean => kind === 'library';

function formOf(group: Group['id']): Form {
  switch (group) {
    case 'free-1':
    case 'free-5':
    case 'steady-1':
    case 'steady-5':
      return {
        headline: metrics.cycles,
        others: [metrics.acquireP50, metrics.acquireP99, ...cost],
        isYardstick: isLibrary,
      };
    case 'contended-1':
    case 'contended-5':
      return {
        headline: metrics.handoffs,
        others: [metrics.waitP50, metrics.waitP99, metrics.jain, ...cost],
        isYardstick: isLibrary,
      };
    case 'rate-1':
    case 'rate-5':
      return {
        headline: metrics.responseP99,
        others: [metrics.responseP50, metrics.delayP99, ...cost],
        isYardstick: isLibrary,
      };
    case 'limit-1':
      return { headline: metrics.commands, others: cost, isYardstick: ({ kind }) => kind === 'server' };
  }
}

export function tableOf({ cells, seed }: Measured, group: Group['id'], load: string): Table {
  const { headline, others, isYardstick } = formOf(group);
  const sign = headline.better === 'higher' ? -1 : 1;
  const rows = cells
    .filter((cell) => cell.group === group && cell.load === load)
    .map((cell) => ({ cell, first: figure(cell, headline, seed) }))
    .sort((a, b) => sign * ((a.first?.estimate ?? sign * Infinity) - (b.first?.estimate ?? sign * Infinity)));
  const each = rows.map(({ cell }) => cell);
  const yardstick = bestOf(each.filter(isYardstick), headline, seed);
  const column = (metric: Metric): TableColumn => ({
    title: metric.name,
    cells: each.map((cell) => told(figure(cell, metric, seed), (value) => inUnit(value, metric))),
  });
  const times: TableColumn = {
    title: 'times',
    cells: each.map((cell) =>
      told(yardstick && ratio(cell, yardstick, headline, seed), (value) => formatNumber(value)),
    ),
  };
  const plain = (title: string, text: (cell: Cell) => string): TableColumn => ({
    title,
    cells: each.map((cell) => ({ text: text(cell), interval: '' })),
  });
  const waits = group.startsWith('contended')
    ? [plain('longest wait', ({ latencyUs }) => formatUs(latencyUs?.wait.max ?? null))]
    : [];
  return {
    labels: each.map(({ label }) => label),
    columns: [column(headline), times, ...others.map(column), ...waits, plain('failures', failuresOf)],
    yardstick: yardstick?.label ?? null,
  };
}

function told(found: Figure | null, format: (value: number) => string): TableColumn['cells'][number] {
  if (found === null) return { text: noFigure, interval: '' };
  const { estimate, interval } = found;
  return {
    text: format(estimate),
    interval: interval === null ? '' : interval.map((value) => format(value)).join(' to '),
  };
}

function inUnit(value: number, { unit }: Metric): string {
  return unit === 'hz' ? formatRate(value) : unit === 'us' ? formatUs(value) : formatNumber(value);
}

/** Everything that is no grant, in words; empty where there is nothing to tell. */
export function failuresOf({ group, generations }: Cell): string {
  const slices = generations.flatMap((one) => one.slices);
  const sum = (of: (slice: (typeof slices)[number]) => number): number =>
    slices.reduce((total, slice) => total + of(slice), 0);
  const attempts = sum(({ counters }) => counters.attempts);
  const share = (count: number, what: string): string[] =>
    count === 0 ? [] : [`${formatPercent(count / Math.max(1, attempts), 2)} ${what}`];
  const codes = new Map<string, number>();
  for (const { errors } of slices)
    for (const [code, count] of Object.entries(errors)) codes.set(code, (codes.get(code) ?? 0) + count);
  // Elsewhere a window may be shorter than a turn of all.
  const starved = group.startsWith('contended') ? Math.max(0, ...slices.map((slice) => slice.starved)) : 0;
  const idle = slices.filter(({ cycles }) => cycles === 0).length;
  const violations = sum((slice) => slice.violations);
  const missing = generations.filter((one) => one.slices.length === 0).length;
  return [
    ...(violations > 0 ? [`${formatCount(violations)} times two holders inside`] : []),
    ...share(
      sum(({ counters }) => counters.busy + counters.tooLate + counters.unreachable),
      'refused',
    ),
    ...share(
      sum(({ counters }) => counters.cancelled),
      'still waiting at the end',
    ),
    ...[...codes].map(([code, count]) => `${formatCount(count)} ${code}`),
    ...(starved > 0 ? [`up to ${starved} starved`] : []),
    ...(idle > 0 ? [`nothing ended in ${idle} of ${slices.length} slices`] : []),
    ...(missing > 0 ? [`no figures of ${missing} of ${generations.length} generations`] : []),
  ].join(', ');
}
