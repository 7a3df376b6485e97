import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { rowsPerChunk, type Row } from './chunks.js';
import { HistoryWriter } from './history-writer.js';
import { readAll } from './testing.js';

const folder = mkdtempSync(join(tmpdir(), 'lockbench-writer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const row = (n: number): Row => {
  const times = { enterNs: n + 1, leaveNs: n + 2, validUntilNs: n + 3, sendDelayNs: 0, acquireNs: 0, releaseNs: 0 };
  return { ...times, key: n, contender: 1, flags: 0 };
};
const rows = 3 * rowsPerChunk + 5;

it.each([0, 1, 20])('what is under way when it closes at once is written once (after %i turns)', async (turns) => {
  const file = join(folder, `now-${turns}.chunk`);
  const writer = await HistoryWriter.open(file, 0, () => Infinity);
  for (let n = 0; n < rows; n += 1) writer.add(row(n));
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const end = writer.closeNow();
  await writer.close();
  expect(end).toEqual({ kept: [], trouble: null, droppedRows: 0 });
  const { rows: read, cut } = readAll([{ name: file, from: file }]);
  expect(cut).toEqual([]);
  expect([...read.key]).toEqual(Array.from({ length: rows }, (_, n) => n));
});

it('what the disk refuses is handed over, whichever way it closes', async () => {
  for (const close of ['close', 'closeNow'] as const) {
    const writer = await HistoryWriter.open(join(folder, 'nowhere', 'x'), 0, () => Infinity);
    for (let n = 0; n < rows; n += 1) writer.add(row(n));
    const { kept, trouble } = await writer[close]();
    expect(trouble).toMatch(/ENOENT/);
    expect(readAll(kept.map((from) => ({ name: 'kept', from }))).rows.count).toBe(rows);
  }
});

it('what is beyond its limits is counted: of the file, and of what the disk refuses', async () => {
  const chunkBytes = 100_000;
  for (const [path, limits] of [
    [join(folder, 'long.chunk'), { fileBytes: 2 * chunkBytes, memoryBytes: Infinity }],
    [join(folder, 'nowhere', 'x'), { fileBytes: Infinity, memoryBytes: 2 * chunkBytes }],
  ] as const) {
    const writer = await HistoryWriter.open(path, 0, () => Infinity, limits);
    for (let n = 0; n < rows; n += 1) writer.add(row(n));
    expect((await writer.close()).droppedRows).toBe(rows - 2 * rowsPerChunk);
  }
});
