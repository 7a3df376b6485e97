/**
 * The history of grants as it lies in files, read in the order of entry without ever being in memory as a whole: the streams
 * of the workers are merged. What is in memory is bounded by the number of workers (worker-rows.ts) and of keys, not by the
 * length of the run.
 */
import { LockbenchError, duringLimit, rowFlags, type GrantHistory, type GrantRows } from '../contract/index.js';
import { findPlaces, readPlaces, type ChunkSource } from './chunk-places.js';
import { enterNsAt, flagsAt, keyAt, leaveNsAt, readRow, rowWords } from './chunks.js';
import { firstAndLast, firstRows, grantColumns } from './grant-columns.js';
import { Latecomers, inOrder, rowsPerGroup, surveyGroups, type Group, type OrderedRows } from './worker-rows.js';

const rowsPerBlock = 4096;
/** Checks keep some columns with an entry for each key. No plan has as many. */
const keysLimit = 2 ** 24;

export interface StoredGrants {
  readonly grants: GrantHistory;
  /** Why the records are not whole. */
  readonly cut: readonly string[];
}

/** `onRows` is told how many rows have been surveyed. Workers' rows are read in groups of `groupRows` at most. */
export function openGrants(
  sources: readonly ChunkSource[],
  onRows: (rows: number) => void = () => {},
  groupRows = rowsPerGroup,
): StoredGrants {
  const { workers, cut } = findPlaces(sources);
  const late = new Latecomers();
  let count = 0;
  let keys = 0;
  const groups = [...workers.values()].map((places) =>
    surveyGroups(
      places,
      late,
      (rows, lastKey) => {
        count += rows;
        keys = Math.max(keys, lastKey + 1);
        onRows(count);
      },
      groupRows,
    ),
  );
  if (keys > keysLimit)
    throw new LockbenchError(
      'BAD_RUN_FOLDER',
      `there is no run of ${keys.toLocaleString('en')} keys, as the rows have it`,
    );
  const latecomers = late.ordered();
  const grants: GrantHistory = {
    count,
    keys,
    blocks: () => merged([...groups.map(inOrder), [latecomers]]),
    during: (key, fromNs, toNs) => during(groups.flat(), key, fromNs, toNs),
  };
  const dropped = `${late.dropped} grants ended too late to be put in order`;
  return { grants, cut: late.dropped === 0 ? cut : [...cut, dropped] };
}

/** One of the streams that are merged. */
class Stream {
  readonly #parts: Iterator<OrderedRows>;
  #part: OrderedRows = { words: new Uint32Array(), order: new Uint32Array(), count: 0 };
  #next = 0;
  /** Entry of the next row; Infinity behind the last. */
  headNs = Infinity;

  constructor(parts: Iterable<OrderedRows>) {
    this.#parts = parts[Symbol.iterator]();
    this.#advance();
  }

  take(into: GrantRows, row: number): void {
    readRow(this.#part.words, this.#part.order[this.#next], into, row);
    this.#next += 1;
    this.#advance();
  }

  #advance(): void {
    while (this.#next === this.#part.count) {
      const { value, done } = this.#parts.next();
      if (done === true) {
        this.headNs = Infinity;
        return;
      }
      this.#part = value;
      this.#next = 0;
    }
    this.headNs = enterNsAt(this.#part.words, this.#part.order[this.#next]);
  }
}

function* merged(parts: readonly Iterable<OrderedRows>[]): Generator<GrantRows> {
  // A heap: none is before the two that hang from it.
  const streams = parts.map((part) => new Stream(part)).sort((a, b) => (a.headNs < b.headNs ? -1 : 1));
  const block = grantColumns(rowsPerBlock);
  let count = 0;
  for (let stream = streams[0]; stream.headNs < Infinity; stream = streams[0]) {
    const otherNs = Math.min(streams[1]?.headNs ?? Infinity, streams[2]?.headNs ?? Infinity);
    do {
      stream.take(block, count);
      count += 1;
      if (count < rowsPerBlock) continue;
      yield block;
      count = 0;
    } while (stream.headNs < otherNs);
    sink(streams);
  }
  if (count > 0) yield firstRows(block, count);
}

/** Puts the first where it belongs. */
function sink(streams: Stream[]): void {
  const [moved] = streams;
  let at = 0;
  for (let below = 1; below < streams.length; below = 2 * at + 1) {
    if (below + 1 < streams.length && streams[below + 1].headNs < streams[below].headNs) below += 1;
    if (moved.headNs <= streams[below].headNs) break;
    streams[at] = streams[below];
    at = below;
  }
  streams[at] = moved;
}

/** Reads no more than the groups in which there may be such rows. */
function during(groups: readonly Group[], key: number, fromNs: number, toNs: number): GrantRows {
  let found: { readonly enterNs: number; readonly words: Uint32Array }[] = [];
  const inOrderOfEntry = (): readonly (typeof found)[number][] =>
    firstAndLast(found.sort((a, b) => a.enterNs - b.enterNs));
  const most = groups.reduce((rows, group) => Math.max(rows, group.count), 0);
  const words = new Uint32Array(most * rowWords);
  for (const group of groups) {
    if (group.firstEnterNs > toNs || group.lastLeaveNs < fromNs) continue;
    const end = readPlaces(group.places, words, 0);
    for (let at = 0; at < end; at += rowWords) {
      if (keyAt(words, at) !== key || (flagsAt(words, at) & rowFlags.unknown) !== 0) continue;
      const enterNs = enterNsAt(words, at);
      if (enterNs > toNs || leaveNsAt(words, at) < fromNs) continue;
      found.push({ enterNs, words: words.slice(at, at + rowWords) });
    }
    if (found.length > 2 * duringLimit) found = [...inOrderOfEntry()];
  }
  const picked = inOrderOfEntry();
  const rows = grantColumns(picked.length);
  picked.forEach((one, row) => readRow(one.words, 0, rows, row));
  return rows;
}
