/** What is measured of whom, and how the time is spent. Data, and its price in time. */
import type { Contestant } from './contestants.js';
import { limits, quorums, singles, waitingQuorums, waitingSingles } from './contestants.js';

/** What the contenders do in a slice. */
export interface Load {
  readonly name: string;
  /** Of each worker. */
  readonly contenders: number;
  /** own: each contender has a key of its own. one: all want the same. */
  readonly keys: 'own' | 'one';
  readonly thinkMs: number;
  /** Arrivals per second; null: a closed loop. */
  readonly rateHz: number | null;
  readonly sliceMs: number;
  /** Of each slice, at its beginning. */
  readonly discardRatio: number;
  /** In each generation. */
  readonly slices: number;
}

export interface Group {
  readonly id:
    'free-1' | 'free-5' | 'steady-1' | 'steady-5' | 'contended-1' | 'contended-5' | 'rate-1' | 'rate-5' | 'limit-1';
  readonly title: string;
  readonly nodes: 1 | 5;
  /** Processes of each contestant. */
  readonly workers: number;
  readonly contestants: readonly Contestant[];
  /** Until code is compiled, which goes by how often it ran. */
  readonly warmupMs: number;
  readonly loads: readonly Load[];
  /** Answers are waited for so long by everybody that a full queue is no failure; null: as each does by itself. */
  readonly patienceMs: number | null;
}

export interface Scale {
  /** Processes differ more than their slices do, so there are many of these and one or two of those. */
  readonly generations: number;
  readonly warmupMs: number;
  /** How many contenders there are where nobody waits. */
  readonly contenders: readonly number[];
  readonly sliceMs: number;
}

export const full: Scale = {
  generations: 6,
  warmupMs: 2000,
  contenders: [1, 16, 64, 256, 4096],
  sliceMs: 750,
};

/** To see that it works, and about where everybody stands: too few generations for intervals. */
export const quick: Scale = {
  generations: 2,
  warmupMs: 400,
  contenders: [1, 64, 4096],
  sliceMs: 150,
};

const discardRatio = 0.1;
/** Thousands begin at once: it takes about half a slice until each has had its turn. */
const manyDiscardRatio = 0.5;
/** At 64 contenders the figures to reach are told. */
export const usualContenders = 64;
/** Of the slowest contestant's maximum. */
export const commonShare = 0.6;

const patienceMs = 5_000;
/** Where all want one key, a tenth as much is done in the same time: the same contestant was seen to go on getting faster for some seconds. */
export const contendedWarmups = 2;
/** For a p99 of its own in each generation, at some hundred hand-offs a second. */
export const hotSliceMs = 1300;
/** And at some thousand arrivals. */
export const rateSliceMs = 1000;
/** With thousands of contenders: until all that they keep has grown old, which the collector takes a second for. */
export const manySliceMs = 2500;
/** Whether more of them are slower is seen in slices of one length: longer ones are faster. */
const steadyContenders = [usualContenders, 256, 1024, 4096];
/** So many contenders that one is free for each arrival. */
const arrivalContenders = 256;
/** From here on a slow one takes a tenth of a second until each has had its turn, and from there on a second. */
const someContenders = 256;
const manyContenders = 4096;

const isOurOwn = ({ kind, text }: Contestant): boolean => kind === 'ours' && text.endsWith('client=pipelined');

function free({ contenders, sliceMs }: Scale): Load[] {
  return contenders.map((count) => {
    const load = closed(String(count), count);
    if (count < someContenders) return { ...load, sliceMs };
    if (count < manyContenders) return { ...load, sliceMs: 2 * sliceMs };
    return { ...load, sliceMs: manySliceMs, discardRatio: manyDiscardRatio };
  });
}

function closed(name: string, contenders: number): Omit<Load, 'sliceMs'> {
  return { name, contenders, keys: 'own', thinkMs: 0, rateHz: null, discardRatio, slices: 1 };
}

/** Before the common rate is known, how fast each is. */
export function lookLoad({ sliceMs }: Scale): Load {
  return { ...closed('look', usualContenders), slices: 2, sliceMs };
}

export function rateLoad(rateHz: number): Load {
  return { ...closed('rate', arrivalContenders), rateHz, sliceMs: rateSliceMs, slices: 2 };
}

export function groupsOf(scale: Scale): Group[] {
  const hot: Load = {
    ...closed('16', 8),
    keys: 'one',
    thinkMs: 1,
    slices: 2,
    sliceMs: hotSliceMs,
  };
  const steady = steadyContenders.map((count): Load => {
    return { ...closed(String(count), count), sliceMs: manySliceMs, discardRatio: manyDiscardRatio };
  });
  const ceiling: Load = { ...closed('256', 256), sliceMs: 2 * scale.sliceMs };
  const alone = { workers: 1, patienceMs, warmupMs: scale.warmupMs };
  const contended = { workers: 2, patienceMs: null, warmupMs: contendedWarmups * scale.warmupMs };
  return [
    {
      ...alone,
      id: 'free-5',
      title: 'Nobody waits, five nodes',
      nodes: 5,
      contestants: quorums,
      loads: free(scale),
    },
    {
      ...alone,
      id: 'free-1',
      title: 'Nobody waits, one node',
      nodes: 1,
      contestants: singles,
      loads: free(scale),
    },
    {
      ...alone,
      id: 'steady-5',
      title: 'From tens of contenders to thousands, five nodes',
      nodes: 5,
      contestants: quorums.filter(isOurOwn),
      loads: steady,
    },
    {
      ...alone,
      id: 'steady-1',
      title: 'From tens of contenders to thousands, one node',
      nodes: 1,
      contestants: singles.filter(isOurOwn),
      loads: steady,
    },
    {
      ...contended,
      id: 'contended-5',
      title: 'All want one key, five nodes',
      nodes: 5,
      contestants: waitingQuorums,
      loads: [hot],
    },
    {
      ...contended,
      id: 'contended-1',
      title: 'All want one key, one node',
      nodes: 1,
      contestants: waitingSingles,
      loads: [hot],
    },
    {
      ...alone,
      id: 'rate-5',
      title: 'A common arrival rate, five nodes',
      nodes: 5,
      contestants: quorums.filter(({ kind }) => kind !== 'harness'),
      loads: [],
    },
    {
      ...alone,
      id: 'rate-1',
      title: 'A common arrival rate, one node',
      nodes: 1,
      contestants: singles.filter(({ kind }) => kind !== 'harness'),
      loads: [],
    },
    {
      ...alone,
      id: 'limit-1',
      title: 'Commands that one server can be made to do',
      nodes: 1,
      contestants: limits,
      loads: [ceiling],
    },
  ];
}

/** A process starts and connects, on one of two cores. */
const startMs = 250;
/** Setting up, draining and settling of a slice, and reading what it recorded. */
const gapMs = 70;

/** About what a contestant takes to be there, and for a slice. */
export const openingMs = ({ workers }: Group): number => workers * startMs;
export const turnMs = ({ sliceMs }: Pick<Load, 'sliceMs'>): number => sliceMs + gapMs;

/** About what it takes. */
export function expectedMs(group: Group, scale: Scale): number {
  const { id, contestants, loads, warmupMs } = group;
  const rated = id.startsWith('rate');
  const generation = (of: readonly Load[]): number => {
    const slicesMs = of.reduce((sum, load) => sum + load.slices * turnMs(load), 0);
    return contestants.length * (openingMs(group) + turnMs({ sliceMs: warmupMs }) + slicesMs);
  };
  const ms = scale.generations * generation(rated ? [rateLoad(1)] : loads);
  return rated ? ms + generation([lookLoad(scale)]) : ms;
}
