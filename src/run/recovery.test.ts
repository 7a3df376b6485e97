import { expect, it } from 'vitest';
import { faultOf, historyOf } from '../check/testing.js';
import type { FaultRecord } from '../contract/index.js';
import { Recovery } from './recovery.js';

const originNs = 5_000e6;

/** Grants every 10 ms within these times, and what is told of a fault from 2 s to 4 s. */
function told(stretches: readonly (readonly [fromMs: number, toMs: number])[]): FaultRecord {
  const enters = stretches.flatMap(([from, to]) => Array.from({ length: (to - from) / 10 }, (_, n) => from + 10 * n));
  const steps = enters.map((enter) => ({ contender: 1, enter, leave: enter + 5, validUntil: enter + 1000 }));
  const recovery = new Recovery(faultOf('kill', 'master 1', 2000, 4000), 2000, [originNs, originNs + 8000e6]);
  for (const block of historyOf(steps).rows.blocks()) recovery.rows(block);
  return recovery.result();
}

it('grants that go on as before have no dip', () => {
  expect(told([[0, 8000]])).toMatchObject({ dipped: false, recoveredMs: null, firstGrantMs: null });
});

it('grants that stop have a gap, a first one after it was healed, and a time until they come as often again', () => {
  expect(
    told([
      [0, 2100],
      [4200, 4250],
      [5000, 8000],
    ]),
  ).toMatchObject({
    longestGap: { ms: 2110, untilMs: 4200 },
    dipped: true,
    firstGrantMs: 200,
    recoveredMs: 1000,
  });
});

it('grants that do not come again have a gap until the end', () => {
  expect(told([[0, 2010]])).toMatchObject({ longestGap: { ms: 6000, untilMs: null }, dipped: true, recoveredMs: null });
});
