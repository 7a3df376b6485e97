/**
 * The figures to reach, as data, and whether they are: each a ratio of one run, judged by its median. The best library is the best
 * one at that very figure, so every row has the strictest opponent that was measured. Pure.
 */
import { figure, lowestOverHighest, metrics, ratio, type Figure, type Metric } from './figures.js';
import { usualContenders, type Group } from './groups.js';
import type { Cell, Measured } from './measured.js';

export interface Target {
  readonly what: string;
  readonly goal: number;
  /** atLeast: a ratio of this or more. atMost: of this or less. */
  readonly sense: 'atLeast' | 'atMost';
  readonly judge: (measured: Measured) => Found;
}

/** `against` names the opponent, where there is one; `missing` says why there is no figure. */
type Found = { readonly figure: Figure; readonly against: string | null } | { readonly missing: string };

export interface Judged {
  readonly target: Target;
  readonly found: Found;
  readonly verdict: 'reached' | 'not reached' | 'cannot be judged';
  /** The interval lies on one side of the goal, or there is none. */
  readonly clear: boolean;
}

interface Duel {
  readonly group: Group['id'];
  readonly load: string;
  readonly ours: string;
  readonly metric: Metric;
  /** Whom of the libraries, or one by its label. */
  readonly against: ((cell: Cell) => boolean) | string;
}

function duel({ group, load, ours, metric, against }: Duel): Target['judge'] {
  return (measured) => {
    const cells = measured.cells.filter((cell) => cell.group === group && cell.load === load);
    const one = cells.find(({ label }) => label === ours);
    const value = one && figure(one, metric, measured.seed);
    if (one === undefined || value == null) return { missing: whyMissing(measured, group, ours) };
    const others =
      typeof against === 'string'
        ? cells.filter(({ label }) => label === against)
        : cells.filter((cell) => cell.kind === 'library' && against(cell));
    const best = bestOf(others, metric, measured.seed);
    if (best === null)
      return {
        missing:
          typeof against === 'string' ? whyMissing(measured, group, against) : 'no library of that kind was measured',
      };
    const found = ratio(one, best, metric, measured.seed);
    return found === null
      ? { missing: `no round has both ${ours} and ${best.label}` }
      : { figure: found, against: best.label };
  };
}

export function bestOf(cells: readonly Cell[], metric: Metric, seed: number): Cell | null {
  const known = cells.flatMap((cell) => {
    const found = figure(cell, metric, seed);
    return found === null ? [] : [{ cell, value: found.estimate }];
  });
  const sign = metric.better === 'higher' ? 1 : -1;
  return known.sort((a, b) => sign * (b.value - a.value))[0]?.cell ?? null;
}

function whyMissing({ gaps, cells }: Measured, group: Group['id'], label: string): string {
  const gap = gaps.find((one) => one.group === group && one.label === label);
  if (gap !== undefined) return `${label}: ${gap.reason}`;
  return cells.some((cell) => cell.group === group && cell.label === label)
    ? `${label}: too few samples`
    : `${label} was not measured`;
}

function steady(group: Group['id'], ours: string): Target['judge'] {
  return (measured) => {
    const cells = measured.cells.filter((cell) => cell.group === group && cell.label === ours);
    if (cells.length < 2) return { missing: whyMissing(measured, group, ours) };
    const found = lowestOverHighest(cells, metrics.cycles, measured.seed);
    return found === null ? { missing: whyMissing(measured, group, ours) } : { figure: found, against: null };
  };
}

/** Of other programs: named here so that none of them is forgotten. */
const elsewhere = (what: string, goal: number): Target => {
  return { what, goal, sense: 'atMost', judge: () => ({ missing: 'not measured by this program' }) };
};

const usual = String(usualContenders);
const quorum = { group: 'free-5', ours: 'redlock@client=pipelined' } as const;
const hot = { load: '16', against: () => true } as const;

export const targets: readonly Target[] = [
  {
    what: '`redlock --client pipelined`, 5 nodes, 64 contenders, cycles/s: against the best library at its defaults',
    goal: 8,
    sense: 'atLeast',
    judge: duel({ ...quorum, load: usual, metric: metrics.cycles, against: ({ equal }) => !equal }),
  },
  {
    what: 'the same against the best library with automatic pipelining on',
    goal: 4.5,
    sense: 'atLeast',
    judge: duel({ ...quorum, load: usual, metric: metrics.cycles, against: ({ equal }) => equal }),
  },
  {
    what: 'the same at a common arrival rate, response p99',
    goal: 0.25,
    sense: 'atMost',
    judge: duel({ ...quorum, group: 'rate-5', load: 'rate', metric: metrics.responseP99, against: () => true }),
  },
  {
    what: 'the same at 1 contender, p50 of acquire against the best library',
    goal: 0.9,
    sense: 'atMost',
    judge: duel({ ...quorum, load: '1', metric: metrics.acquireP50, against: () => true }),
  },
  {
    what: '`redlock --client ioredis` against the best library on ioredis, equal options',
    goal: 1,
    sense: 'atLeast',
    judge: duel({
      group: 'free-5',
      load: usual,
      ours: 'redlock@client=ioredis',
      metric: metrics.cycles,
      against: ({ equal, label }) => equal && !label.includes('node-redis'),
    }),
  },
  {
    what: '`single --client pipelined`, 64 contenders, against the best single-instance library, equal options',
    goal: 3,
    sense: 'atLeast',
    judge: duel({
      group: 'free-1',
      load: usual,
      ours: 'single@client=pipelined',
      metric: metrics.cycles,
      against: ({ equal }) => equal,
    }),
  },
  {
    what: 'commands/s of `single --client pipelined --workers 1`, 256 contenders, against redis-benchmark -P 16',
    goal: 0.35,
    sense: 'atLeast',
    judge: duel({
      group: 'limit-1',
      load: '256',
      ours: 'single@client=pipelined',
      metric: metrics.commands,
      against: 'redis-benchmark -P 16',
    }),
  },
  ...(
    [
      ['contended-1', 'single-fair', 'one node', 8, 1 / 10],
      ['contended-5', 'redlock-fair', 'five nodes', 5, 1 / 5],
    ] as const
  ).flatMap(([group, name, where, times, share]): Target[] => [
    {
      what: `\`${name}\`, ${where}, one key, 16 contenders in 2 workers, hand-offs/s against the best library`,
      goal: times,
      sense: 'atLeast',
      judge: duel({ ...hot, group, ours: `${name}@client=pipelined`, metric: metrics.handoffs }),
    },
    {
      what: 'the same, p99 wait',
      goal: share,
      sense: 'atMost',
      judge: duel({ ...hot, group, ours: `${name}@client=pipelined`, metric: metrics.waitP99 }),
    },
  ]),
  ...(
    [
      ['steady-5', 'redlock'],
      ['steady-1', 'single'],
    ] as const
  ).map(([group, name]): Target => ({
    what: `64 to 4,096 contenders in one worker, cycles/s of \`${name} --client pipelined\`, lowest over best`,
    goal: 0.8,
    sense: 'atLeast',
    judge: steady(group, `${name}@client=pipelined`),
  })),
  elsewhere('all recording of one operation, us', 0.4),
  elsewhere('check of 10 million recorded grants, s (and 600 MB, linear; 100 million with bounded memory)', 3),
  elsewhere('`bench --help`, wall clock against `node -e 0`', 3),
  elsewhere('first operation with five local servers, wall clock against `node -e 0`', 12),
];

export function judgeTargets(measured: Measured): Judged[] {
  return targets.map((target) => {
    const found = target.judge(measured);
    if ('missing' in found) return { target, found, verdict: 'cannot be judged', clear: true };
    const { estimate, interval } = found.figure;
    const met = (value: number): boolean => (target.sense === 'atLeast' ? value >= target.goal : value <= target.goal);
    const clear = interval === null || met(interval[0]) === met(interval[1]);
    return { target, found, verdict: met(estimate) ? 'reached' : 'not reached', clear };
  });
}
