/**
 * From what was measured to figures with intervals. Pure. A figure is the median over all slices, or over generations where a
 * slice holds too few of what it is about; a ratio is the median of the ratios of neighbours: of the same round, or generation.
 * Intervals are 95 %, by resampling generations, then slices within each.
 */
import { seededRandom } from '../../src/base/random.js';
import { clusteredBootstrap, type Interval } from '../../src/stats/clustered-bootstrap.js';
import { median } from '../../src/stats/median.js';
import type { Cell, CellGeneration, SliceFigures } from './measured.js';
import type { KeptLatency } from './protocol.js';

export interface Metric {
  readonly name: string;
  readonly unit: 'hz' | 'us' | 'number';
  readonly better: 'higher' | 'lower';
  /** Of each slice; those that cannot tell are left out. */
  readonly ofSlice?: (slice: SliceFigures) => number | null;
  readonly ofGeneration?: (latencyUs: NonNullable<CellGeneration['latencyUs']>) => number | null;
}

/** A slice without any cannot be left out, nor has it a logarithm: it counts as half a one. */
const perSecond = (count: (slice: SliceFigures) => number): NonNullable<Metric['ofSlice']> => {
  return (slice) => (Math.max(0.5, count(slice)) * 1000) / slice.windowMs;
};

const latency = (of: KeptLatency, at: 'p50' | 'p99'): NonNullable<Metric['ofGeneration']> => {
  return (latencyUs) => latencyUs[of][at];
};

export const metrics = {
  cycles: { name: 'cycles/s', unit: 'hz', better: 'higher', ofSlice: perSecond(({ cycles }) => cycles) },
  commands: { name: 'commands/s', unit: 'hz', better: 'higher', ofSlice: perSecond(({ cycles }) => 2 * cycles) },
  handoffs: { name: 'hand-offs/s', unit: 'hz', better: 'higher', ofSlice: perSecond(({ handoffs }) => handoffs) },
  jain: { name: 'Jain', unit: 'number', better: 'higher', ofSlice: ({ jain }) => jain },
  clientUs: { name: 'client us/cycle', unit: 'us', better: 'lower', ofSlice: ({ clientUs }) => clientUs },
  serverUs: { name: 'servers us/cycle', unit: 'us', better: 'lower', ofSlice: ({ serverUs }) => serverUs },
  acquireP50: { name: 'acquire p50', unit: 'us', better: 'lower', ofSlice: ({ acquireP50Us }) => acquireP50Us },
  acquireP99: { name: 'acquire p99', unit: 'us', better: 'lower', ofGeneration: latency('service', 'p99') },
  waitP50: { name: 'wait p50', unit: 'us', better: 'lower', ofGeneration: latency('wait', 'p50') },
  waitP99: { name: 'wait p99', unit: 'us', better: 'lower', ofGeneration: latency('wait', 'p99') },
  responseP50: { name: 'response p50', unit: 'us', better: 'lower', ofGeneration: latency('response', 'p50') },
  responseP99: { name: 'response p99', unit: 'us', better: 'lower', ofGeneration: latency('response', 'p99') },
  delayP99: { name: 'send delay p99', unit: 'us', better: 'lower', ofGeneration: latency('sendDelay', 'p99') },
} as const satisfies Readonly<Record<string, Metric>>;

/** Without an interval where there are too few generations for one. */
export interface Figure {
  readonly estimate: number;
  readonly interval: readonly [low: number, high: number] | null;
}

/** In rounds; null where one cannot tell. */
function valuesOf({ slices, latencyUs }: CellGeneration, metric: Metric): (number | null)[] {
  const { ofSlice, ofGeneration } = metric;
  if (ofSlice !== undefined) return slices.map((slice) => ofSlice(slice));
  return ofGeneration === undefined || latencyUs === null ? [] : [ofGeneration(latencyUs)];
}

const known = (values: readonly (number | null)[]): number[] => values.flatMap((value) => value ?? []);

function figureOf(clusters: readonly (readonly number[])[], stream: string, seed: number): Figure | null {
  const all = clusters.flat();
  if (all.length === 0) return null;
  const found = clusteredBootstrap(clusters, seededRandom(seed, stream));
  return { estimate: median(all), interval: found === null ? null : within(found) };
}

const within = ({ low, high }: Interval): readonly [number, number] => [low, high];

/** Null where nothing was measured. */
export function figure(cell: Cell, metric: Metric, seed: number): Figure | null {
  const clusters = cell.generations.map((generation) => known(valuesOf(generation, metric)));
  return figureOf(clusters, `${cell.group}, ${cell.load}, ${cell.label}, ${metric.name}`, seed);
}

/** `cell` over `other`. */
export function ratio(cell: Cell, other: Cell, metric: Metric, seed: number): Figure | null {
  const clusters = cell.generations.map((generation) => {
    const theirs = other.generations.find((one) => one.generation === generation.generation);
    if (theirs === undefined) return [];
    const values = valuesOf(theirs, metric);
    return valuesOf(generation, metric).flatMap((value, round) => {
      const beside = values[round] ?? null;
      return value === null || beside === null || value <= 0 || beside <= 0 ? [] : [Math.log(value / beside)];
    });
  });
  const stream = `${cell.group}, ${cell.load}, ${cell.label} over ${other.label}, ${metric.name}`;
  return exponential(figureOf(clusters, stream, seed));
}

/**
 * The lowest of these cells over the highest. Which ones these are is decided over all generations: in each of them by itself some cell
 * would be lowest by chance, and their ratio below 1 where all are equal.
 */
export function lowestOverHighest(cells: readonly Cell[], metric: Metric, seed: number): Figure | null {
  const ranked = cells
    .map((cell) => ({ cell, value: figure(cell, metric, seed)?.estimate ?? null }))
    .sort((one, other) => (one.value ?? 0) - (other.value ?? 0));
  const [lowest, highest] = [ranked[0], ranked.at(-1)];
  if (lowest?.value == null || highest?.value == null) return null;
  return ratio(lowest.cell, highest.cell, metric, seed);
}

function exponential(found: Figure | null): Figure | null {
  if (found === null) return null;
  const { estimate, interval } = found;
  return {
    estimate: Math.exp(estimate),
    interval: interval === null ? null : [Math.exp(interval[0]), Math.exp(interval[1])],
  };
}
