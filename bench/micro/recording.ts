/** What a worker writes down of one operation: all of it, as a contender does, and its parts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nowMs, nowNs } from '../../src/base/clock.js';
import type { AcquireOutcome } from '../../src/contract/index.js';
import { Lease } from '../../src/kit/lease.js';
import { ExclusionCells } from '../../src/record/cell.js';
import { Chunk } from '../../src/record/chunks.js';
import { HistoryWriter } from '../../src/record/history-writer.js';
import { emptyHistogram, recordNs } from '../../src/record/histogram.js';
import { allocateShared, controlOf, windowAt, workerColumns } from '../../src/record/shared.js';
import { WaitLog } from '../../src/record/waits.js';
import { Logbook } from '../../src/worker/logbook.js';
import { Tally } from '../../src/worker/tally.js';
import { batch, group } from './group.js';

const keys = 1000;
const ttlMs = 60_000;

export async function recording(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lockbench-micro-'));
  const shared = allocateShared({ workers: 1, contenders: 1, keys });
  const control = controlOf(shared);
  control.window[windowAt.closeNs] = Infinity;
  const columns = workerColumns(shared.workers[0]);
  const tally = new Tally({ contenders: 1, operations: null }, columns, control);
  const cells = new ExclusionCells(shared, true);
  const waits = new WaitLog();
  const lease = new Lease('key', 'token', nowMs() + ttlMs, nowMs());
  const granted: AcquireOutcome = { kind: 'granted', grant: lease, tries: 1, roundMs: 0.4, decidedMs: nowMs() };
  const writer = await HistoryWriter.open(join(folder, 'rows'), 0, nowNs);
  const book = new Logbook({ cells, columns, tally, waits, writer }, 0, false, true);

  await group('recording', batch, (bench) => {
    bench.add('all of one operation', () => {
      for (let i = 0; i < batch; i += 1) {
        book.begins(i % keys, 0);
        book.answered(granted);
        book.leaves(lease, lease.validUntilMs);
        book.gaveBack(tally.released({ kind: 'released' }, book.measured));
      }
    });
    bench.add('clock: a look', () => {
      for (let i = 0; i < batch; i += 1) nowNs();
    });
    const counts = emptyHistogram();
    const latenciesNs = Float64Array.from({ length: batch }, (_, i) => (i * 7919) % 5_000_000);
    bench.add('histogram: record', () => {
      for (let i = 0; i < batch; i += 1) recordNs(counts, latenciesNs[i]);
    });
    let chunk = new Chunk();
    bench.add('chunk: add a row', () => {
      for (let i = 0; i < batch; i += 1) {
        if (chunk.full) chunk = new Chunk();
        chunk.add(book.row);
      }
    });
    const enterNs = nowNs();
    bench.add('cell: enter and leave', () => {
      for (let i = 0; i < batch; i += 1) {
        cells.enter(i % keys, 0, enterNs, enterNs + ttlMs * 1e6);
        cells.leave(i % keys, 0);
      }
    });
  });
  await writer.close();
  await rm(folder, { recursive: true });
}
