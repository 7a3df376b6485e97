import { expect, it } from 'vitest';
import { rowFlags } from '../../src/contract/index.js';
import { Chunk } from '../../src/record/chunks.js';
import { openGrants } from '../../src/record/grant-files.js';
import { figuresOfRows, type RowFigures } from './rows.js';

interface Held {
  readonly from: number;
  readonly to: number;
  readonly who: number;
  readonly key?: number;
  readonly validMs?: number;
  readonly flags?: number;
}

/** Times in ms; releases take 1 ms. The window is from 100 to 200 ms. */
function figures(held: readonly Held[]): RowFigures {
  const chunk = new Chunk();
  for (const { from, to, who, key = 0, validMs = 1000, flags = 0 } of held)
    chunk.add({
      enterNs: from * 1e6,
      leaveNs: to * 1e6,
      validUntilNs: (from + validMs) * 1e6,
      sendDelayNs: 0,
      acquireNs: 1e6,
      releaseNs: 1e6,
      key,
      contender: who,
      flags,
    });
  return figuresOfRows(openGrants([{ name: '', from: chunk.seal(0, 0) }]).grants, [100e6, 200e6], 2);
}

it('counts acquires and releases by themselves, so that half a cycle at an edge is half a cycle', () => {
  const { cycles, grants } = figures([
    { from: 90, to: 110, who: 0 },
    { from: 120, to: 130, who: 0 },
    { from: 190, to: 199.5, who: 0 },
  ]);
  expect([cycles, grants]).toEqual([2, 3]);
});

it('counts as hand-offs the grants to another than the last', () => {
  const each = [0, 0, 1, 1, 0].map((who, i) => ({ from: 110 + 10 * i, to: 112 + 10 * i, who }));
  const { handoffs, jain, starved } = figures(each);
  expect(handoffs).toBe(2);
  expect(jain).toBeCloseTo(25 / 26);
  expect(starved).toBe(0);
});

it('counts who got nothing while the other did', () => {
  expect(figures([{ from: 110, to: 112, who: 1 }])).toMatchObject({ starved: 1, jain: 0.5 });
});

it('counts an entry while another is inside with a valid lease, and none beside or after it', () => {
  expect(
    figures([
      { from: 110, to: 130, who: 0 },
      { from: 120, to: 125, who: 1 },
    ]).violations,
  ).toBe(1);
  expect(
    figures([
      { from: 110, to: 130, who: 0 },
      { from: 120, to: 125, who: 1, key: 1 },
    ]).violations,
  ).toBe(0);
  expect(
    figures([
      { from: 110, to: 130, who: 0, validMs: 5 },
      { from: 120, to: 125, who: 1 },
    ]).violations,
  ).toBe(0);
});

it('counts nothing of what may have been granted, and no release that was lost or is unknown', () => {
  expect(figures([{ from: 110, to: 110, who: 0, flags: rowFlags.unknown }])).toMatchObject({ cycles: 0, grants: 0 });
  expect(figures([{ from: 110, to: 120, who: 0, flags: rowFlags.releaseLost }]).cycles).toBe(0.5);
  expect(figures([{ from: 110, to: 120, who: 0, flags: rowFlags.releaseUnknown }]).cycles).toBe(0.5);
});
