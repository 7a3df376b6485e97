import { describe, expect, it } from 'vitest';
import { rowFlags } from '../contract/index.js';
import { Chunk, headerBytes, rowBytes, rowsPerChunk, type Row } from './chunks.js';
import { readAll } from './testing.js';

const row: Row = {
  enterNs: 2 ** 45 + 123_456_789,
  leaveNs: 2 ** 45 + 223_456_789,
  validUntilNs: 2 ** 45 + 323_456_789,
  sendDelayNs: 1500,
  acquireNs: 2_000_000,
  releaseNs: 3_000_999,
  key: 77,
  contender: 65_534,
  flags: rowFlags.measured | rowFlags.open,
};

function chunkOf(rows: readonly Row[]): Uint8Array {
  const chunk = new Chunk();
  for (const one of rows) chunk.add(one);
  return chunk.seal(3, 42);
}

describe('chunks', () => {
  it('give back what was recorded, to the nanosecond and the whole microsecond', () => {
    const { rows, cut } = readAll([{ name: 'a', from: chunkOf([row, { ...row, key: 78 }]) }]);
    expect(cut).toEqual([]);
    expect(rows.count).toBe(2);
    expect([rows.enterNs[0], rows.leaveNs[0]]).toEqual([row.enterNs, row.leaveNs]);
    expect(rows.validUntilNs[0]).toBe(row.enterNs + 200_000_000);
    expect([rows.sendDelayUs[0], rows.acquireUs[0], rows.releaseUs[0]]).toEqual([1, 2000, 3000]);
    expect([rows.key[0], rows.key[1], rows.contender[0], rows.flags[0]]).toEqual([77, 78, 65_534, row.flags]);
  });

  it('keep a lock without expiry apart from a long one', () => {
    const { rows } = readAll([{ name: 'a', from: chunkOf([{ ...row, validUntilNs: Infinity }]) }]);
    expect(rows.validUntilNs[0]).toBe(Infinity);
  });

  it('never show a lease longer than it was', () => {
    const { rows } = readAll([{ name: 'a', from: chunkOf([{ ...row, validUntilNs: row.enterNs + 1_999 }]) }]);
    expect(rows.validUntilNs[0]).toBe(row.enterNs + 1000);
  });

  it('are 40 bytes a row', () => {
    expect(rowBytes).toBe(40);
    expect(chunkOf([row]).length).toBe(headerBytes + 40);
    const chunk = new Chunk();
    for (let i = 0; i < rowsPerChunk; i += 1) chunk.add(row);
    expect(chunk.full).toBe(true);
  });

  it('are read as far as they go when their writer was killed, and the file is named', () => {
    const whole = chunkOf([row, row, row]);
    const { rows, cut } = readAll([{ name: 'worker-01.chunk', from: whole.subarray(0, whole.length - 50) }]);
    expect(rows.count).toBe(1);
    expect(cut).toEqual(['worker-01.chunk is cut short']);
  });

  it('join over files', () => {
    const { rows } = readAll([
      { name: 'a', from: chunkOf([row]) },
      { name: 'b', from: chunkOf([row, row]) },
      { name: 'empty', from: new Uint8Array() },
    ]);
    expect(rows.count).toBe(3);
  });
});
