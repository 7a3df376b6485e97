/**
 * The record of the resource's own process: every operation in the order of its arrival, in rows of 48 bytes, in chunks
 * with a header each. The last chunk says that it is the last, so a record that was cut short is known for one. The layout
 * is described in results/README.md. Words are little-endian.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { ResourceRows } from '../contract/index.js';

const rowWords = 12;
const rowBytes = rowWords * 4;
const headerWords = 8;
const headerBytes = headerWords * 4;
/** "LBR1" */
const magic = 0x3152424c;
const rowsPerChunk = 4096;
const two32 = 4294967296;

/** One operation as it arrived, and what was answered. */
export interface ResourceRow {
  readonly atNs: number;
  readonly key: number;
  readonly contender: number;
  readonly grant: number;
  /** See `resourceOps`. */
  readonly op: number;
  readonly item: number;
  readonly value: number;
  readonly fence: bigint;
}

export function resourceLogFile(folder: string): string {
  return join(folder, 'resource.log');
}

/** A chunk that fills up. */
export class ResourceChunk {
  readonly #words = new Uint32Array(headerWords + rowsPerChunk * rowWords);
  readonly #doubles = new Float64Array(this.#words.buffer);
  readonly #longs = new BigInt64Array(this.#words.buffer);
  #count = 0;

  get full(): boolean {
    return this.#count === rowsPerChunk;
  }

  add(row: ResourceRow): void {
    const words = this.#words;
    const at = headerWords + this.#count * rowWords;
    words[at] = row.atNs % two32;
    words[at + 1] = row.atNs / two32;
    words[at + 2] = row.key;
    words[at + 3] = row.grant;
    words[at + 4] = row.contender | (row.op << 16);
    this.#doubles[at / 2 + 3] = row.item;
    this.#doubles[at / 2 + 4] = row.value;
    this.#longs[at / 2 + 5] = row.fence;
    this.#count += 1;
  }

  /** The bytes to append. `dropped`: rows that were not kept, told in the last chunk. */
  seal(last: boolean, dropped: number): Uint8Array {
    this.#words.set([magic, rowBytes, this.#count, last ? 1 : 0, dropped % two32, dropped / two32, 0, 0]);
    return new Uint8Array(this.#words.buffer, 0, headerBytes + this.#count * rowBytes);
  }
}

export interface ResourceRecord {
  readonly rows: ResourceRows;
  /** Why the record is not whole. */
  readonly cut: readonly string[];
}

/** Null where the run had none. */
export function readResource(folder: string): ResourceRecord | null {
  const path = resourceLogFile(folder);
  if (!existsSync(path)) return null;
  const file = openSync(path, 'r');
  try {
    const { chunks, cut } = findChunks(file, fstatSync(file).size);
    const columns = emptyColumns(chunks.reduce((sum, { count }) => sum + count, 0));
    let row = 0;
    for (const { at, count } of chunks) {
      fill(columns, row, readWords(file, at, count * rowWords), count);
      row += count;
    }
    return { rows: columns, cut };
  } finally {
    closeSync(file);
  }
}

interface Place {
  readonly at: number;
  readonly count: number;
}

/** Where the rows are; a chunk cut short is read as far as it goes. */
function findChunks(file: number, size: number): { chunks: Place[]; cut: string[] } {
  const chunks: Place[] = [];
  let at = 0;
  while (at + headerBytes <= size) {
    const header = readWords(file, at, headerWords);
    if (header[0] !== magic || header[1] !== rowBytes) break;
    at += headerBytes;
    const count = Math.min(header[2], Math.floor((size - at) / rowBytes));
    chunks.push({ at, count });
    at += header[2] * rowBytes;
    if (header[3] === 0 || at > size) continue;
    const dropped = header[4] + header[5] * two32;
    return { chunks, cut: dropped === 0 ? [] : [`the resource did not keep ${dropped} operations in its record`] };
  }
  return { chunks, cut: ['the record of the resource is cut short'] };
}

function readWords(file: number, at: number, words: number): Uint32Array {
  const bytes = new Uint8Array(words * 4);
  readSync(file, bytes, 0, bytes.length, at);
  return new Uint32Array(bytes.buffer);
}

function emptyColumns(count: number): ResourceRows {
  return {
    count,
    atNs: new Float64Array(count),
    key: new Uint32Array(count),
    contender: new Uint16Array(count),
    grant: new Uint32Array(count),
    op: new Uint8Array(count),
    item: new Float64Array(count),
    value: new Float64Array(count),
    fence: new BigInt64Array(count),
  };
}

function fill(columns: ResourceRows, first: number, words: Uint32Array, count: number): void {
  const doubles = new Float64Array(words.buffer);
  const longs = new BigInt64Array(words.buffer);
  for (let i = 0, at = 0; i < count; i += 1, at += rowWords) {
    const row = first + i;
    columns.atNs[row] = words[at] + words[at + 1] * two32;
    columns.key[row] = words[at + 2];
    columns.grant[row] = words[at + 3];
    columns.contender[row] = words[at + 4] & 0xffff;
    columns.op[row] = words[at + 4] >>> 16;
    columns.item[row] = doubles[at / 2 + 3];
    columns.value[row] = doubles[at / 2 + 4];
    columns.fence[row] = longs[at / 2 + 5];
  }
}
