/** For tests: measurements made up of numbers, without a process. */
import type { LatencySummary } from '../../src/contract/index.js';
import { noCounts } from '../../src/record/counters.js';
import type { Cell, CellGeneration, Measured, SliceFigures } from './measured.js';

const generations = 6;

export function slice(changes: Partial<SliceFigures> = {}): SliceFigures {
  return {
    windowMs: 1000,
    cycles: 1000,
    handoffs: 0,
    violations: 0,
    jain: 1,
    starved: 0,
    acquireP50Us: 100,
    clientUs: 10,
    serverUs: 5,
    counters: { ...noCounts(), attempts: 1000, grants: 1000 },
    startedInWindow: 1000,
    errors: {},
    unsettled: 0,
    ...changes,
  };
}

export function latency(p99: number): LatencySummary {
  return { count: 10_000, mean: p99 / 2, p50: p99 / 2, p90: p99, p99, p999: p99, max: 2 * p99 };
}

export function latencies(p99: number): NonNullable<Cell['latencyUs']> {
  const each = latency(p99);
  return { service: each, response: each, sendDelay: each, wait: each };
}

type About = Pick<Cell, 'group' | 'load' | 'label'> & Partial<Pick<Cell, 'kind' | 'equal'>>;

/** `at` makes each slice; two in each of six generations. */
export function cell(about: About, at: (generation: number, round: number) => Partial<SliceFigures>, p99 = 1000): Cell {
  return {
    kind: 'ours',
    equal: true,
    ...about,
    generations: Array.from({ length: generations }, (_, generation): CellGeneration => ({
      generation: generation + 1,
      slices: [0, 1].map((round) => slice(at(generation, round))),
      latencyUs: latencies(p99),
    })),
    latencyUs: latencies(p99),
  };
}

export function measured(cells: readonly Cell[], changes: Partial<Measured> = {}): Measured {
  return {
    schemaVersion: 1,
    seed: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    command: 'npm run bench:peers -- --seed=1',
    tookMs: 60_000,
    partial: false,
    generations,
    environment: {
      lockbench: '0.1.0',
      commit: 'abc',
      node: 'v20.20.2',
      os: 'Linux',
      cpu: 'a processor',
      cores: 2,
      memoryBytes: 1,
      servers: [],
      clients: {},
    },
    load: [0.1, 2],
    cells,
    gaps: [],
    rates: [],
    clientOptions: {},
    ...changes,
  };
}
