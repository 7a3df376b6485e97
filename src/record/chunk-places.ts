/** Where the rows of each worker lie: in files and in what was handed over, found by the headers of their chunks. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { headerBytes, headerWords, readHeader, rowBytes, rowsPerChunk } from './chunks.js';

/** Chunks by the path of their file, or in memory. */
export interface ChunkSource {
  readonly name: string;
  readonly from: string | Uint8Array;
}

/** Some rows that follow on one another. */
export interface Place {
  readonly from: string | Uint8Array;
  /** Byte of the first row. */
  readonly at: number;
  readonly count: number;
  /** No row that the worker wrote later was entered before; -Infinity where that is not known. */
  readonly openNs: number;
}

/** By worker, in the order of writing. A source cut short (its worker was killed) is read as far as it goes, and named. */
export function findPlaces(sources: readonly ChunkSource[]): {
  readonly workers: ReadonlyMap<number, readonly Place[]>;
  readonly cut: readonly string[];
} {
  const workers = new Map<number, Place[]>();
  const cut: string[] = [];
  for (const { name, from } of sources) {
    const whole = withBytes(from, (size, read) => {
      let at = 0;
      while (at + headerBytes <= size) {
        const header = readHeader(read(at));
        if (header === null) break;
        at += headerBytes;
        const { worker, count, openNs } = header;
        const places = workers.get(worker) ?? [];
        workers.set(worker, places);
        addPlaces(places, from, at, Math.min(count, Math.floor((size - at) / rowBytes)), openNs);
        at += count * rowBytes;
      }
      return at === size;
    });
    if (!whole) cut.push(`${name} is cut short`);
  }
  return { workers, cut };
}

/** A chunk of ours is one place; whatever else says that it is one is read in pieces no larger. */
function addPlaces(places: Place[], from: Place['from'], at: number, count: number, openNs: number): void {
  for (let done = 0; done < count; done += rowsPerChunk) {
    const piece = Math.min(rowsPerChunk, count - done);
    const last = done + piece === count;
    places.push({ from, at: at + done * rowBytes, count: piece, openNs: last ? openNs : -Infinity });
  }
}

function withBytes<T>(from: Place['from'], use: (size: number, header: (at: number) => Uint32Array) => T): T {
  const header = new Uint32Array(headerWords);
  const bytes = new Uint8Array(header.buffer);
  if (typeof from !== 'string') {
    return use(from.length, (at) => {
      bytes.set(from.subarray(at, at + headerBytes));
      return header;
    });
  }
  const file = openSync(from, 'r');
  try {
    return use(fstatSync(file).size, (at) => {
      readSync(file, bytes, 0, headerBytes, at);
      return header;
    });
  } finally {
    closeSync(file);
  }
}

/** Fills `into` with the rows of these places, from word `at` on. Returns the first word behind them. */
export function readPlaces(places: readonly Place[], into: Uint32Array, at: number): number {
  const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
  let next = at * 4;
  let file = -1;
  let open: Place['from'] | null = null;
  try {
    for (const place of places) {
      const length = place.count * rowBytes;
      if (typeof place.from !== 'string') bytes.set(place.from.subarray(place.at, place.at + length), next);
      else {
        if (open !== place.from) {
          if (file >= 0) closeSync(file);
          file = openSync((open = place.from), 'r');
        }
        readFully(file, bytes, next, length, place.at);
      }
      next += length;
    }
  } finally {
    if (file >= 0) closeSync(file);
  }
  return next / 4;
}

function readFully(file: number, bytes: Uint8Array, into: number, length: number, from: number): void {
  for (let done = 0; done < length;) {
    const read = readSync(file, bytes, into + done, length - done, from + done);
    if (read === 0) throw new Error('a file of chunks became shorter while it was read');
    done += read;
  }
}
