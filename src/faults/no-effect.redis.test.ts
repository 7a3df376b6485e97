/** A fault that had no effect proves nothing: nothing passes then, the run is not valid, and it is told why. */
import { afterEach, expect, it } from 'vitest';
import type { Result } from '../contract/index.js';
import { leftBehind, runPlan, verdictOf } from './testing.js';

const safety = ['mutual-exclusion', 'mutual-exclusion-cell', 'overstay', 'granted-in-time'] as const;

afterEach(async () => expect(await leftBehind()).toEqual([]));

function expectNothingProven({ runs, exitCode }: Result, name: string, why: string): void {
  const [run] = runs;
  expect(exitCode).toBe(6);
  for (const check of safety) expect(verdictOf(run, check)).toBe('undecided');
  expect(run.verdicts.find(({ check }) => check === 'mutual-exclusion')?.evidence.join()).toContain(
    `fault ${name} had no effect`,
  );
  const [fault] = run.faults.filter(({ effective }) => !effective);
  expect(fault.what).toContain(why);
}

it('cutting off a replica that clients never talk to is no test', async () => {
  const result = await runPlan({ strategy: 'failover', fault: 'cut:node-2/all@50ms', duration: '600ms' });
  expectNothingProven(result, 'cut', 'nothing went over these links');
});

it('neither is a clock that does not move, for the shim is loaded but without its function', async () => {
  const { CC } = process.env;
  process.env.CC = 'gcc -Dgettimeofday=left_alone';
  try {
    const result = await runPlan({ strategy: 'redlock', fault: 'clock-jump:1@50ms', duration: '600ms' });
    expectNothingProven(result, 'clock-jump', 'a clock is');
  } finally {
    if (CC === undefined) delete process.env.CC;
    else process.env.CC = CC;
  }
});

it('neither is an event that does not come', async () => {
  const result = await runPlan({ strategy: 'single', fault: 'pause-holder@granted#100000', duration: '600ms' });
  expectNothingProven(result, 'pause-holder', 'no contender came to @granted');
});

it('neither is a stand-still that the end of the run cuts short', async () => {
  const result = await runPlan({ strategy: 'single', fault: 'pause-holder@granted+4200ms', duration: '600ms' });
  expectNothingProven(result, 'pause-holder', 'the run ended before it was over');
});
