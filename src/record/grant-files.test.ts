/** What the order of entry costs; that it is right is tested with the checks (check/streaming.test.ts). */
import { describe, expect, it } from 'vitest';
import { Chunk, rowsPerChunk, type Row } from './chunks.js';
import { findPlaces } from './chunk-places.js';
import { openGrants } from './grant-files.js';
import { allRows } from './testing.js';
import { Latecomers, inOrder, surveyGroups } from './worker-rows.js';

const row = (enterNs: number, leaveNs = enterNs + 10): Row => {
  const times = { enterNs, leaveNs, validUntilNs: leaveNs, sendDelayNs: 0, acquireNs: 0, releaseNs: 0 };
  return { ...times, key: 0, contender: 1, flags: 0 };
};

function fileOf(count: number, rowOf: (n: number) => Row, openNs: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < count; at += rowsPerChunk) {
    const chunk = new Chunk();
    const end = Math.min(count, at + rowsPerChunk);
    for (let n = at; n < end; n += 1) chunk.add(rowOf(n));
    parts.push(chunk.seal(0, openNs));
  }
  return new Uint8Array(Buffer.concat(parts));
}

describe('a holder that stays inside for all of a long run', () => {
  const many = 20 * rowsPerChunk;
  // It is written last, and no chunk before can say more than that it is inside.
  const from = fileOf(many + 1, (n) => (n < many ? row(1000 + 20 * n) : row(990, 1e9)), 990);

  it('comes first all the same', () => {
    const { grants, cut } = openGrants([{ name: 'a', from }]);
    const rows = allRows(grants);
    expect(cut).toEqual([]);
    expect([...rows.enterNs.subarray(0, 3)]).toEqual([990, 1000, 1020]);
    expect(rows.enterNs.every((ns, at) => at === 0 || ns >= rows.enterNs[at - 1])).toBe(true);
    expect(grants.during(0, 5e8, 5e8).count).toBe(1);
  });

  it('keeps no more than two groups of rows from being handed on', () => {
    const late = new Latecomers();
    const groups = surveyGroups(findPlaces([{ name: 'a', from }]).workers.get(0)!, late, () => {}, rowsPerChunk);
    expect(groups).toHaveLength(21);
    let handedOn = 0;
    let at = 0;
    for (const { words, count } of inOrder(groups)) {
      handedOn += count;
      at += 1;
      expect(words.length / 10).toBeLessThanOrEqual(2 * rowsPerChunk);
      expect(handedOn).toBeGreaterThanOrEqual((at - 1) * rowsPerChunk);
    }
    expect([handedOn, late.ordered().count]).toEqual([many, 1]);
  });
});

describe('the limit of those that come late', () => {
  it('is told, and the run is then not judged as a whole', () => {
    const count = Latecomers.limitRows + 3 * rowsPerChunk;
    const backwards = fileOf(count, (n) => row(1e9 - n), 0);
    const { grants, cut } = openGrants([{ name: 'a', from: backwards }], () => {}, rowsPerChunk);
    expect(cut).toEqual([`${rowsPerChunk} grants ended too late to be put in order`]);
    expect(grants.count).toBe(count);
  });
});

it('rows of a key that no plan has are no history', () => {
  const from = fileOf(1, () => ({ ...row(1), key: 2 ** 31 }), 0);
  expect(() => openGrants([{ name: 'a', from }])).toThrow('there is no run of 2,147,483,649 keys');
});
