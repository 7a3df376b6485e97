/**
 * The history on disk: rows of 40 bytes in chunks, each with a header. Every worker appends to a file of its own; nothing
 * is rewritten. The layout is described in results/README.md. Words are little-endian.
 */
import type { GrantRows } from '../contract/index.js';

export const rowWords = 10;
export const rowBytes = rowWords * 4;
export const headerBytes = 32;
export const headerWords = headerBytes / 4;
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

export interface ChunkHeader {
  readonly count: number;
  readonly worker: number;
  readonly openNs: number;
}

/** Null where these are not the words of a header. */
export function readHeader(words: Uint32Array): ChunkHeader | null {
  if (words[0] !== magic || words[1] !== rowBytes) return null;
  return { count: words[2], worker: words[3], openNs: words[4] + words[5] * two32 };
}

export function enterNsAt(words: Uint32Array, at: number): number {
  return words[at] + words[at + 1] * two32;
}

export function leaveNsAt(words: Uint32Array, at: number): number {
  return words[at + 2] + words[at + 3] * two32;
}

export function keyAt(words: Uint32Array, at: number): number {
  return words[at + 8];
}

export function flagsAt(words: Uint32Array, at: number): number {
  return words[at + 9] >>> 16;
}

/** The words of one row into its columns. */
export function readRow(words: Uint32Array, at: number, into: GrantRows, row: number): void {
  const enterNs = words[at] + words[at + 1] * two32;
  const validUs = words[at + 4];
  into.enterNs[row] = enterNs;
  into.leaveNs[row] = words[at + 2] + words[at + 3] * two32;
  into.validUntilNs[row] = validUs === neverUs ? Infinity : enterNs + validUs * 1000;
  into.sendDelayUs[row] = words[at + 5];
  into.acquireUs[row] = words[at + 6];
  into.releaseUs[row] = words[at + 7];
  into.key[row] = words[at + 8];
  into.contender[row] = words[at + 9] & 0xffff;
  into.flags[row] = words[at + 9] >>> 16;
}
