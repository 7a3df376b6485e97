/** A check that cannot fail is a defect: each broken lock is caught by name, and the sound one passes the same seeds. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LockStrategy } from '../../contract/index.js';
import { loadPlugin } from '../../base/plugins.js';
import { sweep } from '../../sim/judge.js';
import { scenarios } from '../../sim/scenario.js';

interface Case {
  readonly mutant: string;
  readonly check: string;
  readonly scenario: keyof typeof scenarios;
  readonly sound: LockStrategy;
}

const [redlock, redlockFenced, single, singleFair] = await Promise.all(
  ['redlock', 'redlock-fenced', 'single', 'single-fair'].map((name) => loadPlugin<LockStrategy>('strategy', name)),
);
const seeds = 20;
/** Caught by conformance: no check judges in which order waiters get the lock. */
const outOfOrder = 'last-come-first';

const cases: readonly Case[] = [
  { mutant: 'release-without-owner', check: 'mutual-exclusion', scenario: 'pauses', sound: redlock },
  { mutant: 'quorum-off-by-one', check: 'mutual-exclusion', scenario: 'calm', sound: redlock },
  { mutant: 'quorum-off-by-one', check: 'lost-updates', scenario: 'evenSplit', sound: redlock },
  { mutant: 'clock-not-reread', check: 'granted-in-time', scenario: 'pausedAtSend', sound: redlock },
  { mutant: 'validity-from-answer', check: 'mutual-exclusion', scenario: 'slowNetwork', sound: redlock },
  { mutant: 'drift-ignored', check: 'mutual-exclusion', scenario: 'fastClocks', sound: redlock },
  { mutant: 'no-release-after-failure', check: 'keys-left', scenario: 'evenSplit', sound: redlock },
  { mutant: 'no-release-after-failure', check: 'deadlock-freedom', scenario: 'splitVotes', sound: redlock },
  { mutant: 'release-where-ok', check: 'keys-left', scenario: 'lostReplies', sound: redlock },
  { mutant: 'token-reused', check: 'deadlock-freedom', scenario: 'splitVotes', sound: redlock },
  { mutant: 'split-vote-hangs', check: 'settles', scenario: 'evenSplit', sound: redlock },
  { mutant: 'split-vote-hangs', check: 'accounting', scenario: 'evenSplit', sound: redlock },
  { mutant: 'token-not-written-back', check: 'fencing-order', scenario: 'calm', sound: redlockFenced },
  { mutant: 'no-expiry', check: 'deadlock-freedom', scenario: 'crashes', sound: single },
  { mutant: 'extend-without-owner', check: 'mutual-exclusion', scenario: 'extendedUnderFaults', sound: single },
  { mutant: 'validity-from-message', check: 'mutual-exclusion', scenario: 'slowNetwork', sound: singleFair },
  { mutant: 'worker-local', check: 'mutual-exclusion', scenario: 'calm', sound: single },
  { mutant: 'worker-local', check: 'lost-updates', scenario: 'sharedSession', sound: single },
];

async function load(name: string): Promise<LockStrategy> {
  return ((await import(new URL(`${name}.js`, import.meta.url).href)) as { default: LockStrategy }).default;
}

describe.each(cases)('$mutant', ({ mutant, check, scenario, sound }) => {
  it(`is caught by ${check} under ${scenario}`, async () => {
    const broken = await load(mutant);
    expect(broken.name).toBe(mutant);
    const found = await sweep(broken, {}, scenarios[scenario], seeds, check);
    expect([...found.keys()]).toContain(check);
  });

  it(`is not what ${scenario} does to ${sound.name}`, async () => {
    expect(await sweep(sound, {}, scenarios[scenario], seeds)).toEqual(new Map());
  });
});

it('a mutex of one worker excludes within it', async () => {
  const alone = { ...scenarios.sharedSession, workers: 1 };
  expect(await sweep(await load('worker-local'), {}, alone, seeds)).toEqual(new Map());
});

it('every mutant is in the table', () => {
  const files = readdirSync(new URL('.', import.meta.url)).filter((file) => /^[\w-]+\.js$/.test(file));
  expect(new Set([...cases.map(({ mutant }) => mutant), outOfOrder].map((mutant) => `${mutant}.js`))).toEqual(
    new Set(files),
  );
});
