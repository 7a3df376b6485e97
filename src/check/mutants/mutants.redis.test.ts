/** As in virtual time, so on real servers: each broken Redlock is caught by name, and the sound one passes the same plan. */
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { failedIn, flawsOf, leftBehind, runPlan } from '../../faults/testing.js';
import type { RawOptions } from '../../plan/catalogue.js';

interface Case {
  readonly mutant: string;
  readonly check: string;
  /** What makes it show. */
  readonly under: string;
  readonly plan: RawOptions;
  /** Of both designs. */
  readonly options?: string;
}

/** Longer than the run: what is not released is found in the end. */
const longLease: RawOptions = { ttl: '3s', duration: '800ms', contenders: '4' };

const cases: readonly Case[] = [
  {
    mutant: 'clock-not-reread',
    check: 'granted-in-time',
    under: 'a stand-still between its request and the answers',
    plan: { fault: 'pause-acquire@acquire-sent', contenders: '1', think: '20ms', duration: '2500ms' },
  },
  {
    mutant: 'drift-ignored',
    check: 'mutual-exclusion',
    under: 'clocks that run 0.8 % fast',
    // One who asks, again and again, within the 22 ms that each of three holders believes too long.
    plan: {
      fault: 'clock-drift@20ms,rate=1.008',
      ttl: '3s',
      contenders: '1',
      duration: '10s',
      retry: 'uniform:1ms-3ms',
    },
  },
  { mutant: 'quorum-off-by-one', check: 'mutual-exclusion', under: 'contention alone', plan: { contenders: '4' } },
  {
    mutant: 'release-where-ok',
    check: 'keys-left',
    under: 'replies that are lost',
    plan: { ...longLease, fault: 'cut-replies:2/all@100ms', retry: 'full-jitter:5ms-500ms' },
  },
  { mutant: 'no-release-after-failure', check: 'keys-left', under: 'split votes', plan: longLease },
  // One token for all: whoever releases its own deletes what another of its worker holds.
  { mutant: 'token-reused', check: 'mutual-exclusion', under: 'contention alone', plan: { contenders: '4' } },
  {
    mutant: 'release-without-owner',
    check: 'validity-honoured',
    under: 'a holder that outlives its lease',
    plan: { fault: 'pause-holder@granted', hold: '30ms', duration: '1500ms' },
  },
  {
    mutant: 'validity-from-answer',
    check: 'mutual-exclusion',
    under: 'slow answers',
    // The second holder is granted slowly, and the third asks when answers are fast again.
    options: '@nodeTimeout=200ms',
    plan: { fault: 'delay:all@20ms+650ms,by=120ms', hold: '1s', contenders: '1', duration: '1500ms' },
  },
  { mutant: 'worker-local', check: 'mutual-exclusion', under: 'a second worker', plan: {} },
];

afterEach(async () => expect(await leftBehind()).toEqual([]));

describe.each(cases)('$mutant', { timeout: 60_000 }, ({ mutant, check, under, plan, options = '' }) => {
  it(`is caught by ${check} under ${under}, and the sound Redlock passes`, async () => {
    const file = fileURLToPath(new URL(`./${mutant}.js`, import.meta.url));
    const { runs } = await runPlan({ ...plan, strategy: `${file}${options},redlock${options}` });
    expect(runs.flatMap((run) => run.faults.flatMap(flawsOf))).toEqual([]);
    const [broken, sound] = runs;
    expect(failedIn(broken)).toContain(check);
    expect(failedIn(sound)).toEqual([]);
  });
});
