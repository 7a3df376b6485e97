import { expect, it } from 'vitest';
import { figure, lowestOverHighest, metrics, ratio } from './figures.js';
import { cell } from './testing.js';

const about = { group: 'free-5', load: '64', label: 'a' } as const;
const rate = (cycles: number) => () => ({ cycles });

it('is the median of slices with an interval around it', () => {
  const found = figure(
    cell(about, (generation, round) => ({ cycles: 1000 + 10 * generation + round })),
    metrics.cycles,
    1,
  );
  expect(found!.estimate).toBeCloseTo(1025.5);
  expect(found!.interval![0]).toBeLessThan(found!.estimate);
  expect(found!.interval![1]).toBeGreaterThan(found!.estimate);
});

it('has no interval of few generations, and none of nothing is a figure', () => {
  const { generations, ...rest } = cell(about, rate(1000));
  expect(figure({ ...rest, generations: generations.slice(0, 5) }, metrics.cycles, 1)).toEqual({
    estimate: 1000,
    interval: null,
  });
  expect(figure({ ...rest, generations: [] }, metrics.cycles, 1)).toBeNull();
});

it('compares neighbours: a machine that slows down for both changes no ratio', () => {
  const slowing = (cycles: number) => (generation: number) => ({ cycles: cycles / (1 + generation) });
  const [ours, theirs] = [cell(about, slowing(9000)), cell({ ...about, label: 'b' }, slowing(1000))];
  const { estimate, interval } = ratio(ours, theirs, metrics.cycles, 1)!;
  for (const value of [estimate, ...interval!]) expect(value).toBeCloseTo(9);
});

it('compares what both have, and nothing with nothing', () => {
  const { generations, ...rest } = cell({ ...about, label: 'b' }, rate(500));
  const ours = cell(about, rate(1000));
  expect(ratio(ours, { ...rest, generations: generations.slice(0, 3) }, metrics.cycles, 1)).toEqual({
    estimate: expect.closeTo(2) as number,
    interval: null,
  });
  expect(ratio(ours, { ...rest, generations: [] }, metrics.cycles, 1)).toBeNull();
});

it('takes a slice in which nothing ended for half a cycle: it is slow, and not left out', () => {
  const none = cell({ ...about, label: 'b' }, rate(0));
  expect(ratio(cell(about, rate(1000)), none, metrics.cycles, 1)!.estimate).toBeCloseTo(2000);
});

it('takes percentiles from generations', () => {
  const [ours, theirs] = [cell(about, rate(1), 250), cell({ ...about, label: 'b' }, rate(1), 1000)];
  expect(figure(ours, metrics.responseP99, 1)!.estimate).toBe(250);
  expect(ratio(ours, theirs, metrics.responseP99, 1)!.estimate).toBeCloseTo(0.25);
});

it('sets the slowest load against the fastest, by turns', () => {
  const loads = [900, 1000, 750].map((cycles, i) => cell({ ...about, load: String(64 * 4 ** i) }, rate(cycles)));
  expect(lowestOverHighest(loads, metrics.cycles, 1)!.estimate).toBeCloseTo(0.75);
});

it('finds no slope between loads that differ by chance alone', () => {
  const loads = [0, 1, 2].map((i) =>
    cell({ ...about, load: String(i) }, (generation) => ({ cycles: (generation + i) % 3 === 0 ? 500 : 1000 })),
  );
  expect(lowestOverHighest(loads, metrics.cycles, 1)!.estimate).toBeCloseTo(1);
});
