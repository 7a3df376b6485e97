/**
 * The history on disk: rows of 40 bytes in chunks, each with a header. Every worker appends to a file of its own; nothing
 * is rewritten. The layout is described in results/README.md. Words are little-endian.
 */
import type { GrantRows } from '../contract/index.js';

export const rowWords = 10;
export const rowBytes = rowWords * 4;
export const headerBytes = 32;
const headerWords = headerBytes / 4;
/** "LBH1" */
const magic = 0x3148424c;
export const rowsPerChunk = 4096;

const two32 = 4294967296;
const neverUs = 0xffffffff;

/** One row as it is recorded. Times in ns on the monotonic clock. */
export interface Row {
  enterNs: number;
  leaveNs: number;
  validUntilNs: number;
  sendDelayNs: number;
  acquireNs: number;
  releaseNs: number;
  key: number;
  contender: number;
  flags: number;
}

/** A chunk that fills up. */
export class Chunk {
  readonly #words = new Uint32Array(headerWords + rowsPerChunk * rowWords);
  count = 0;

  get full(): boolean {
    return this.count === rowsPerChunk;
  }

  add(row: Row): void {
    const words = this.#words;
    let at = headerWords + this.count * rowWords;
    // What is stored of a number is what it is modulo 2 ** 32.
    words[at++] = row.enterNs;
    words[at++] = row.enterNs / two32;
    words[at++] = row.leaveNs;
    words[at++] = row.leaveNs / two32;
    words[at++] = row.validUntilNs === Infinity ? neverUs : clampUs(Math.max(0, row.validUntilNs - row.enterNs));
    words[at++] = clampUs(row.sendDelayNs);
    words[at++] = clampUs(row.acquireNs);
    words[at++] = clampUs(row.releaseNs);
    words[at++] = row.key;
    words[at] = row.contender | (row.flags << 16);
    this.count += 1;
  }

  /** The bytes to append. `openNs`: the lowest entry still inside, below which no row will come any more. */
  seal(worker: number, openNs: number): Uint8Array {
    this.#words.set([magic, rowBytes, this.count, worker, openNs % two32, openNs / two32, 0, 0]);
    return new Uint8Array(this.#words.buffer, 0, headerBytes + this.count * rowBytes);
  }
}

/** Cut to whole us: validity is never shown longer than it was, so no double grant is claimed that was not one. */
function clampUs(ns: number): number {
  return Math.min(neverUs - 1, Math.floor(ns / 1000));
}

/** Reads files of chunks into columns. A file cut short (its worker was killed) is read as far as it goes, and named. */
export function readChunks(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): {
  rows: GrantRows;
  cut: string[];
} {
  const parts: { words: Uint32Array; count: number }[] = [];
  const cut: string[] = [];
  let total = 0;
  for (const { name, bytes } of files) {
    const words = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.byteLength & ~3)));
    let at = 0;
    while (at + headerWords <= words.length) {
      if (words[at] !== magic || words[at + 1] !== rowBytes) break;
      const whole = Math.floor((words.length - at - headerWords) / rowWords);
      const count = Math.min(words[at + 2], whole);
      parts.push({ words: words.subarray(at + headerWords, at + headerWords + count * rowWords), count });
      total += count;
      at += headerWords + words[at + 2] * rowWords;
    }
    if (at !== words.length) cut.push(`${name} is cut short`);
  }
  return { rows: columns(parts, total), cut };
}

function columns(parts: readonly { words: Uint32Array; count: number }[], count: number): GrantRows {
  const rows = {
    count,
    enterNs: new Float64Array(count),
    leaveNs: new Float64Array(count),
    validUntilNs: new Float64Array(count),
    sendDelayUs: new Uint32Array(count),
    acquireUs: new Uint32Array(count),
    releaseUs: new Uint32Array(count),
    key: new Uint32Array(count),
    contender: new Uint16Array(count),
    flags: new Uint16Array(count),
  };
  let row = 0;
  for (const part of parts) {
    for (let i = 0, at = 0; i < part.count; i += 1, at += rowWords, row += 1) {
      const w = part.words;
      rows.enterNs[row] = w[at] + w[at + 1] * two32;
      rows.leaveNs[row] = w[at + 2] + w[at + 3] * two32;
      rows.validUntilNs[row] = w[at + 4] === neverUs ? Infinity : rows.enterNs[row] + w[at + 4] * 1000;
      rows.sendDelayUs[row] = w[at + 5];
      rows.acquireUs[row] = w[at + 6];
      rows.releaseUs[row] = w[at + 7];
      rows.key[row] = w[at + 8];
      rows.contender[row] = w[at + 9] & 0xffff;
      rows.flags[row] = w[at + 9] >>> 16;
    }
  }
  return rows;
}
