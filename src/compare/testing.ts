/** For tests: comparisons made up of numbers, without a process. */
import { seededRandom, type Random } from '../base/random.js';
import { conclude, type Evidence } from './conclude.js';
import { compareSchemaVersion, type CompareDocument } from './document.js';
import type { Generation } from './measured.js';
import type { ComparePlan, Design, SidePlan } from './plan.js';
import type { SideTotals, SliceFigures } from './protocol.js';

export const side: SidePlan = {
  label: 'single',
  name: 'single',
  file: null,
  options: {},
  engine: 'redis',
  client: 'ioredis',
  topology: { kind: 'single', nodes: 1, replicas: 0 },
  retry: { kind: 'full-jitter', minMs: 5, maxMs: 500, limit: null },
  claims: { exclusion: true, expires: true, ownerRelease: true, toleratesDown: 0, toleratesLoss: 0 },
  commit: null,
};

export const plan: ComparePlan = {
  seed: 1,
  baseline: side,
  candidate: side,
  servers: 'auto',
  image: '',
  persistence: 'none',
  external: [],
  addresses: {},
  keyPrefix: 'lockbench:',
  contenders: 4,
  keys: null,
  keyChoice: 'uniform',
  ttlMs: 2000,
  holdMs: 0,
  thinkMs: 0,
  waitMs: 5000,
  budgetMs: 75_000,
};

export const design: Design = { generations: 10, slices: 20, sliceMs: 150, discardMs: 20, warmupMs: 300 };

export function slice(cycles: number, more: Partial<SliceFigures> = {}): SliceFigures {
  return {
    cycles,
    windowMs: 130,
    cycleP50Us: cycles === 0 ? null : 520_000 / cycles,
    acquireP50Us: cycles === 0 ? null : 260_000 / cycles,
    grants: cycles,
    refused: 0,
    errors: {},
    commands: 2 * cycles,
    roundTrips: 2 * cycles,
    violations: 0,
    unsettled: 0,
    loopDelayMs: 1,
    queuedMs: 0,
    ...more,
  };
}

export function totals(cycleP99Us: number | null): SideTotals {
  return { cycles: 10_000, cycleP50Us: 160, cycleP99Us, acquireP50Us: 80, acquireP99Us: 400 };
}

export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export interface World {
  /** Candidate's time over the baseline's, as a logarithm. */
  readonly effect: number;
  readonly generations: number;
  readonly slices: number;
  /** How fast the machine is, at slice `at` of all: both sides meet it. */
  speed(at: number): number;
}

export const still: World = { effect: 0, generations: 10, slices: 20, speed: () => 1 };

/** Processes with a bias of 2 %, slices with a noise of 6 % for each side, and a p99 that is all over the place. */
export function generationsOf(world: World, seed: number): Generation[] {
  const random = seededRandom(seed, 'made up');
  return Array.from({ length: world.generations }, (_, number) => {
    const bias = 0.02 * normal(random);
    const p99 = (log: number): SideTotals => totals(700 * Math.exp(0.3 * normal(random) + log));
    return {
      pairs: Array.from({ length: world.slices }, (__, at) => {
        const cycles = 3000 * world.speed(number * world.slices + at);
        const drawn = (log: number): SliceFigures => slice(Math.round(cycles * Math.exp(0.06 * normal(random) - log)));
        return { first: 'baseline' as const, baseline: drawn(0), candidate: drawn(world.effect + bias) };
      }),
      totals: { baseline: p99(0), candidate: p99(world.effect) },
      machine: { stealRatio: 0, pressureRatio: 0.2 },
    };
  });
}

export function evidence(generations: readonly Generation[], more: Partial<Evidence> = {}): Evidence {
  return {
    plan,
    design,
    floors: { throughput: 0.05, p50: 0.05 },
    generations,
    confirming: [],
    interrupted: false,
    failure: null,
    ...more,
  };
}

/** What comes of the evidence, as `compare.json` has it. */
export function documentOf(
  generations: readonly Generation[],
  { kind = 'compare', ...more }: Partial<Evidence> & { readonly kind?: CompareDocument['kind'] } = {},
): CompareDocument {
  const given = evidence(generations, more);
  return {
    schemaVersion: compareSchemaVersion,
    kind,
    seed: given.plan.seed,
    startedAt: '2026-03-01T12:00:00.000Z',
    folder: 'results/one',
    partial: given.interrupted,
    exitCode: 0,
    inconclusiveFails: false,
    ...conclude(given),
    plan: given.plan,
    design,
    sharedServers: true,
    floor: { throughput: 0.05, p50: 0.05, source: '5.00 %, for this machine was not calibrated' },
    warnings: [],
    clientOptions: { baseline: {}, candidate: {} },
    environment: {
      lockbench: '0',
      commit: null,
      node: 'v20',
      os: 'an os',
      cpu: 'a processor',
      cores: 2,
      memoryBytes: 1,
      servers: [],
      clients: {},
    },
    generations: given.generations,
    confirming: given.confirming,
  };
}
