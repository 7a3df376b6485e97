/** False alarms and power on simulated experiments: processes with a bias each, slices that hang together, a machine that drifts. */
import { describe, expect, it } from 'vitest';
import { seededRandom, type Random } from '../base/random.js';
import { clusteredBootstrap, type Interval } from './clustered-bootstrap.js';
import { changeVerdict, logOf, reach, smallestEffect, type ChangeVerdict } from './verdict.js';

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

interface World {
  readonly generations: number;
  readonly slices: number;
  /** Standard deviation of what a process has by luck. */
  readonly bias: number;
  /** Of a paired log ratio within a process, and its autocorrelation from slice to slice. */
  readonly noise: number;
  readonly correlation: number;
  /** What the candidate is slower by. */
  readonly effect: number;
}

const usual: World = { generations: 10, slices: 20, bias: 0.015, noise: 0.09, correlation: 0.3, effect: 0 };

/** Log ratios as measured on a shared machine: one in twenty slices is far off. */
function experiment(world: World, random: Random): number[][] {
  return Array.from({ length: world.generations }, () => {
    const bias = world.bias * normal(random);
    let lasting = 0;
    return Array.from({ length: world.slices }, () => {
      const fresh = world.noise * Math.sqrt(1 - world.correlation ** 2) * normal(random);
      lasting = world.correlation * lasting + fresh;
      const stray = random() < 0.05 ? 0.4 * normal(random) : 0;
      return world.effect + bias + lasting + stray;
    });
  });
}

function verdicts(world: World, floor: number, trials: number): Readonly<Record<ChangeVerdict, number>> {
  const random = seededRandom(7, JSON.stringify(world));
  const counts = { regression: 0, improvement: 0, equivalent: 0, inconclusive: 0 };
  for (let i = 0; i < trials; i += 1)
    counts[changeVerdict(clusteredBootstrap(experiment(world, random), random, 400)!, logOf(floor), 'lower')] += 1;
  return counts;
}

describe('the clustered bootstrap', () => {
  it.each([
    ['as usual', usual],
    ['with six generations of six slices', { ...usual, generations: 6, slices: 6 }],
    ['where processes differ by 4 %', { ...usual, bias: 0.04 }],
    ['where slices hang together', { ...usual, correlation: 0.6 }],
  ])('alarms at most 3 times in 100 where nothing has changed, %s', (_, world) => {
    const trials = 300;
    const { regression, improvement } = verdicts(world, 0.03, trials);
    expect(regression / trials).toBeLessThanOrEqual(0.03);
    expect(improvement / trials).toBeLessThanOrEqual(0.04);
  });

  it('finds 10 % nearly always, and 5 % more often than not', () => {
    expect(verdicts({ ...usual, effect: logOf(0.1) }, 0.05, 60).regression).toBeGreaterThanOrEqual(57);
    expect(verdicts({ ...usual, effect: logOf(0.05) }, 0.03, 60).regression).toBeGreaterThanOrEqual(36);
  });

  it('takes an interval over pooled slices for what it is: too narrow', () => {
    const random = seededRandom(3);
    const values = experiment({ ...usual, bias: 0.04 }, random);
    const width = ({ low, high }: Interval): number => high - low;
    const pooled = values.flat().map((value) => [value]);
    expect(width(clusteredBootstrap(pooled, random)!)).toBeLessThan(0.8 * width(clusteredBootstrap(values, random)!));
  });

  it('says the same for the same seed, and nothing from fewer than six processes', () => {
    const values = experiment(usual, seededRandom(5));
    expect(clusteredBootstrap(values, seededRandom(9))).toEqual(clusteredBootstrap(values, seededRandom(9)));
    expect(clusteredBootstrap(values.slice(0, 5), seededRandom(9))).toBeNull();
    expect(clusteredBootstrap([...values.slice(0, 5), []], seededRandom(9))).toBeNull();
  });
});

describe('the verdict', () => {
  const floor = 0.05;
  const of = (low: number, estimate: number, high: number): Interval => ({ low, estimate, high });

  it.each([
    [of(0.06, 0.1, 0.14), 'lower', 'regression'],
    [of(0.06, 0.1, 0.14), 'higher', 'improvement'],
    [of(-0.14, -0.1, -0.06), 'higher', 'regression'],
    [of(-0.14, -0.1, -0.06), 'lower', 'improvement'],
    [of(0.01, 0.06, 0.11), 'lower', 'regression'],
    [of(-0.01, 0.06, 0.11), 'lower', 'inconclusive'],
    [of(0.01, 0.04, 0.07), 'lower', 'inconclusive'],
    [of(-0.04, 0, 0.04), 'lower', 'equivalent'],
    [of(0.01, 0.02, 0.04), 'lower', 'equivalent'],
    [of(-0.2, 0, 0.2), 'lower', 'inconclusive'],
  ] as const)('of %o, where %s is better, is %s', (interval, better, verdict) =>
    expect(changeVerdict(interval, floor, better)).toBe(verdict),
  );

  it('knows the smallest effect that could have been seen, and how far an interval reaches', () => {
    expect(smallestEffect(of(-0.1, 0, 0.1), floor)).toBeCloseTo(0.143);
    expect(smallestEffect(of(-0.001, 0, 0.001), floor)).toBe(floor);
    expect(reach(of(-0.02, 0.01, 0.04))).toBe(0.04);
  });
});
