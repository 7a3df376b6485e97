import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fsyncSlots } from './fsync-source.js';
import { SyncTable } from './fsync.js';

let dir = '';
let data = '';
let tableFile = '';
let slots = 0;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'syncs-'));
  data = join(dir, 'data');
  tableFile = join(dir, 'table');
  slots = 0;
  mkdirSync(join(data, 'appendonlydir'), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(data, 'appendonlydir', name);
  writeFileSync(path, text);
  return path;
}

/** What the shim would write, by hand: two words of head, then four for each file. */
function record(path: string, sizeBytes: number, afterBirthNs: bigint): void {
  const { dev, ino, birthtimeNs } = statSync(path, { bigint: true });
  const bytes = readFileSync(tableFile);
  const words = new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  words.set([ino, dev, BigInt(sizeBytes), birthtimeNs + afterBirthNs], 2 + 4 * slots);
  slots += 1;
  writeFileSync(tableFile, bytes);
}

test('a file is cut back to what had been synced, and the bytes are counted', () => {
  const table = new SyncTable('', tableFile);
  const log = file('appendonly.aof.1.incr.aof', 'synced, and not');
  const base = file('appendonly.aof.1.base.rdb', 'whole');
  record(log, 6, 1n);
  record(base, 100, 1n);
  expect(table.doubt()).toBe(null);
  expect(table.loseUnsynced(data)).toBe(9);
  expect(readFileSync(log, 'utf8')).toBe('synced');
  expect(readFileSync(base, 'utf8')).toBe('whole');
});

test('a log that was never synced is emptied; base and manifest are left', () => {
  const table = new SyncTable('', tableFile);
  const log = file('appendonly.aof.2.incr.aof', 'never');
  const left = ['appendonly.aof.1.base.rdb', 'appendonly.aof.1.base.aof', 'appendonly.aof.manifest'];
  const paths = left.map((name) => file(name, name));
  expect(table.loseUnsynced(data)).toBe(5);
  expect(readFileSync(log, 'utf8')).toBe('');
  expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(left);
});

test('what is recorded of an earlier file with the same inode does not count', () => {
  const table = new SyncTable('', tableFile);
  const log = file('appendonly.aof.3.incr.aof', 'young');
  record(log, 1_000, -1n);
  expect(table.loseUnsynced(data)).toBe(5);
});

test('an empty table and a full one are doubted', () => {
  const table = new SyncTable('', tableFile);
  expect(table.doubt()).toMatch(/no sync at all/);
  record(file('a', ''), 0, 1n);
  expect(table.doubt()).toBe(null);
  const bytes = readFileSync(tableFile);
  new BigUint64Array(bytes.buffer, bytes.byteOffset, 2)[1] = 1n;
  writeFileSync(tableFile, bytes);
  expect(table.doubt()).toMatch(new RegExp(`room for ${fsyncSlots}`));
  table.forget();
  expect(table.doubt()).toMatch(/no sync at all/);
});
