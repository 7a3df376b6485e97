/**
 * What is expected under each fault: the matrix of locks-under-faults.md, where that is certain. The lock that a fault is to
 * break breaks every time: the faults are aimed, so none of this is left to chance.
 */
import { expect } from 'vitest';
import type { ClientName, RunResult } from '../contract/index.js';
import type { RawOptions } from '../plan/catalogue.js';
import { verdictOf } from './testing.js';

export interface Case {
  readonly says: string;
  readonly plan: RawOptions;
  /** Per strategy, in their order: the check that fails, or null where none may. */
  readonly fails: readonly (string | null)[];
  /** Skipped, with the reason, where these servers are not to be had. */
  readonly needs?: 'postgres' | 'zookeeper';
  readonly also?: (runs: readonly RunResult[]) => void;
}

/** Faults that libraries with a way of their own to connect, and to connect again, are put to as well. */
const alsoOnLibraries: readonly string[] = ['blackhole', 'freeze', 'kill', 'reset', 'restart'];

/** The clients that a case is tried on; null: its engine has no choice of clients. */
export function clientsUnder(fault: string, { needs }: Case): readonly (ClientName | null)[] {
  if (needs !== undefined) return [null];
  return alsoOnLibraries.includes(fault) ? ['pipelined', 'ioredis'] : ['pipelined'];
}

const exclusion = 'mutual-exclusion';
const available = (runs: readonly RunResult[]): void => {
  for (const run of runs) expect(verdictOf(run, 'availability')).toBe('pass');
};
/**
 * Longer than a stall must be to count. Delays between tries are long: with two of five servers silent a vote that is split
 * costs their timeout, and contenders that come back sooner keep each other out.
 */
const watched: RawOptions = { duration: '2200ms', ttl: '300ms', retry: 'full-jitter:5ms-500ms' };
const minority = (says: string, fault: string, more: RawOptions = {}): Case => ({
  says,
  plan: { strategy: 'redlock', fault, ...watched, ...more },
  fails: [null],
  also: available,
});
/** Sentinels take 2 s, and 6 when the votes of the first election are divided. */
const elected: RawOptions = { duration: '9s' };
/** K3 of the matrix: one client is left with three of five nodes, so its lock hangs on each of them. */
const breaksOne = (fault: string): readonly Case[] => [
  {
    says: 'breaks Redlock where one of the nodes of a lock forgets it',
    plan: { strategy: 'redlock', fault: `cut:2@20ms ${fault}:1@150ms`, contenders: '1', duration: '1500ms' },
    fails: [exclusion],
  },
  {
    says: 'breaks no lock that all nodes granted',
    plan: { strategy: 'redlock@quorum=all', fault: `${fault}:1@100ms` },
    fails: [null],
  },
];

export const expectedUnder: Readonly<Record<string, readonly Case[]>> = {
  blackhole: [minority('takes a minority from Redlock, which goes on', 'blackhole:2@50ms')],
  cut: [minority('takes a minority from Redlock, which goes on', 'cut:2/all@50ms')],
  kill: [
    minority('takes a minority from Redlock, which goes on', 'kill:2@50ms'),
    {
      says: 'makes sentinels promote a replica, where the lock can be had while the old primary is still dead',
      plan: { strategy: 'failover-sentinel', fault: 'kill@100ms', ...elected },
      fails: [null],
      also: ([{ faults }]) => {
        expect(faults[0].longestGap?.untilMs).toBeLessThan(faults[0].healedMs!);
      },
    },
  ],
  freeze: [minority('takes a minority from Redlock, which goes on', 'freeze:2@50ms')],
  'cut-replies': [{ ...minority('costs Redlock nothing in a minority', 'cut-replies:2/all@100ms'), also: () => {} }],
  delay: [{ ...minority('costs Redlock nothing in a minority', 'delay:2@100ms,by=30ms'), also: () => {} }],
  reset: [{ ...minority('costs Redlock nothing in a minority', 'reset:2@100ms'), also: () => {} }],
  restart: [
    {
      says: 'keeps the only lock there is where every write is synced',
      plan: { strategy: 'single', fault: 'restart@100ms', persistence: 'always' },
      fails: [null],
    },
  ],
  'restart-empty': [
    ...breaksOne('restart-empty'),
    {
      says: 'takes the newest token from a majority, and the next holder gets it again, or an older one',
      plan: {
        strategy: 'redlock-fenced',
        fault: 'cut:2@20ms restart-empty:1@150ms',
        contenders: '1',
        duration: '1500ms',
        workload: 'counter',
      },
      fails: ['fencing-order'],
    },
  ],
  'power-loss': [
    {
      says: 'loses no lock of Redlock where every write is synced',
      plan: {
        strategy: 'redlock',
        fault: 'cut:2@20ms power-loss:1@150ms',
        contenders: '1',
        duration: '1500ms',
        persistence: 'always',
      },
      fails: [null],
    },
    {
      says: 'breaks a lock that was not synced yet, in some trial',
      plan: { strategy: 'single', fault: 'power-loss@100ms', persistence: 'everysec', trials: '3', duration: '700ms' },
      fails: [exclusion],
    },
  ],
  'delayed-restart': [
    {
      says: 'keeps a server out that forgot, until every lease is over',
      plan: {
        strategy: 'redlock',
        fault: 'cut:2@20ms delayed-restart:1@150ms',
        contenders: '1',
        duration: '1500ms',
      },
      fails: [null],
    },
    {
      says: 'keeps locks apart on servers that all forgot, and not their tokens in order',
      // While the servers come back one by one every try raises the tokens of those that are there: there are to be few.
      plan: {
        strategy: 'redlock-fenced',
        fault: 'delayed-restart:all@800ms',
        contenders: '1',
        retry: 'uniform:50ms-100ms',
        duration: '3s',
        workload: 'counter',
      },
      fails: ['fencing-order'],
      also: ([run]) => {
        expect(verdictOf(run, exclusion)).toBe('pass');
        expect(run.faults[0]).toMatchObject({ lost: [] });
        expect(run.faults[0].emptied).toHaveLength(5);
      },
    },
  ],
  flushall: breaksOne('flushall'),
  evict: breaksOne('evict'),
  'clock-jump': breaksOne('clock-jump'),
  'clock-drift': [
    {
      says: 'breaks Redlock by more than its allowance',
      plan: { strategy: 'redlock', fault: 'clock-drift@50ms,rate=1.1', retry: 'uniform:1ms-5ms', duration: '1500ms' },
      fails: [exclusion],
    },
    {
      says: 'is allowed for by Redlock up to 1 %',
      plan: { strategy: 'redlock', fault: 'clock-drift@50ms,rate=1.005', retry: 'uniform:1ms-5ms', duration: '1500ms' },
      fails: [null],
    },
  ],
  'client-clock-step': [
    {
      says: 'does not concern designs that measure on the monotonic clock',
      plan: { strategy: 'single,redlock', fault: 'client-clock-step@100ms' },
      fails: [null, null],
    },
  ],
  'pause-holder': [
    {
      says: 'finds a guarded holder awake in time',
      plan: { strategy: 'redlock', fault: 'pause-holder@granted', holder: 'guarded' },
      fails: [null],
    },
    {
      says: 'shows a naive holder beside the next one',
      plan: { strategy: 'redlock', fault: 'pause-holder@granted', holder: 'naive' },
      fails: ['overstay'],
    },
  ],
  'pause-acquire': [
    {
      says: 'deceives no design that looks at the clock again',
      plan: {
        strategy: 'single,redlock',
        fault: 'pause-acquire@acquire-sent',
        contenders: '1',
        think: '20ms',
        duration: '2500ms',
      },
      fails: [null, null],
    },
  ],
  'pause-before-write': [
    {
      says: 'loses updates under locks that are not broken',
      plan: { strategy: 'single,redlock', fault: 'pause-before-write@checked', workload: 'counter' },
      fails: ['lost-updates', 'lost-updates'],
      also: (runs) => {
        for (const run of runs) {
          expect(verdictOf(run, exclusion)).toBe('pass');
          expect(run.harm?.count).toBeGreaterThan(0);
        }
      },
    },
    {
      says: 'loses none where the resource refuses reads and writes with an old token',
      plan: {
        strategy: 'single-fenced,redlock-fenced',
        fault: 'pause-before-write@checked',
        workload: 'counter',
        fencing: 'reads+writes',
      },
      fails: [null, null],
      also: (runs) => {
        for (const run of runs) expect([run.harm?.count, verdictOf(run, 'fencing-order')]).toEqual([0, 'pass']);
      },
    },
  ],
  'terminate-backend': [
    {
      says: 'frees the lock of a holder that is inside, who hears of it',
      // One that goes on all the same: whether the next one is in before it has heard is a matter of luck.
      plan: { strategy: 'postgres', fault: 'terminate-backend@100ms', holder: 'naive' },
      fails: ['overstay'],
      needs: 'postgres',
    },
  ],
  'expire-session': [
    {
      says: 'frees the lock of a holder that is inside, who hears of it',
      plan: { strategy: 'zookeeper', fault: 'expire-session@100ms', holder: 'naive', duration: '1500ms' },
      fails: ['overstay'],
      needs: 'zookeeper',
    },
  ],
  'crash-holder': [
    {
      says: 'blocks a lock without expiry for ever, and one with a lease until that is over',
      plan: { strategy: 'setnx,single', fault: 'crash-holder@granted', duration: '2s' },
      fails: ['deadlock-freedom', null],
      also: (runs) => {
        expect(runs.map(({ orphans }) => orphans.count)).toEqual([1, 1]);
        expect(runs[1].orphans.longestMs).toBeLessThan(1000);
      },
    },
  ],
  'promote-lagging': [
    {
      says: 'breaks a lock that the promoted replica does not know, and none that all replicas know',
      plan: { strategy: 'failover,failover@waitReplicas=all', fault: 'promote-lagging@100ms' },
      fails: [exclusion, null],
    },
  ],
  'promote-current': [
    {
      says: 'keeps the lock that the promoted replica knows',
      plan: { strategy: 'failover', fault: 'promote-current@100ms' },
      fails: [null],
    },
  ],
  'sentinel-failover': [
    {
      says: 'breaks a lock that no replica knew',
      plan: { strategy: 'failover-sentinel', fault: 'sentinel-failover@100ms', ttl: '12s', ...elected },
      fails: [exclusion],
      also: ([{ faults }]) => {
        expect(faults[0].what).toMatch(/the sentinels promoted replica \d after \d+ ms/);
        expect(faults[0].lost).toHaveLength(1);
      },
    },
    {
      says: 'breaks none that counts only when all replicas know it',
      plan: { strategy: 'failover-sentinel@waitReplicas=all', fault: 'sentinel-failover@100ms', duration: '12s' },
      fails: [null],
    },
    {
      says: 'keeps the lock that the promoted replica knows, by command',
      // Held until clients are told, for until then the old primary grants locks that nobody will know.
      plan: { strategy: 'failover-sentinel', fault: 'sentinel-failover@100ms,how=command', ttl: '4s', duration: '5s' },
      fails: [null],
    },
  ],
  'split-brain': [
    {
      says: 'lets both sides in',
      plan: { strategy: 'failover-sentinel', fault: 'split-brain@100ms+500ms', duration: '11s' },
      fails: [exclusion],
    },
  ],
  'script-flush': [
    {
      says: 'is not noticed',
      plan: { strategy: 'single,redlock', fault: 'script-flush@100ms', 'extend-every': '20ms', hold: '30ms' },
      fails: [null, null],
    },
  ],
};
