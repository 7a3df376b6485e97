/**
 * The rows of one worker in the order of entry. It wrote them in the order of release, so its file is nearly in order: rows are
 * read in groups, and of a group all are handed on that were entered before its watermark, sorted among themselves. The
 * watermark is the lowest entry still inside when the group was written, as the header of its last chunk tells.
 *
 * Where a holder stays inside for long the watermark would stay, too, and everything behind it would have to be kept. So it
 * never falls behind the highest entry of the group before: what is later still is a latecomer. These few are found in a
 * first pass, kept in memory, and are a stream of their own. Two groups are all that is ever in memory.
 */
import { enterNsAt, keyAt, leaveNsAt, rowsPerChunk, rowWords } from './chunks.js';
import { readPlaces, type Place } from './chunk-places.js';

/** So far the rows of one worker may be out of order and cost no memory beyond. */
export const rowsPerGroup = 8 * rowsPerChunk;

/** Rows that are read together, and what the first pass found of them. */
export interface Group {
  readonly places: readonly Place[];
  readonly count: number;
  readonly firstEnterNs: number;
  readonly lastEnterNs: number;
  readonly lastLeaveNs: number;
  /** Whoever was entered before this is a latecomer here. */
  readonly floorNs: number;
  /** No later row but latecomers was entered before this. */
  readonly watermarkNs: number;
}

/** Words of rows, with the order in which they were entered. */
export interface OrderedRows {
  readonly words: Uint32Array;
  /** First words of rows, in order. */
  readonly order: Uint32Array;
  /** How many of `order` are valid. */
  readonly count: number;
}

/** The first pass. */
export function surveyGroups(
  places: readonly Place[],
  late: Latecomers,
  onRows: (rows: number, lastKey: number) => void,
  groupRows: number,
): Group[] {
  const parts = split(places, groupRows);
  const words = new Uint32Array(Math.max(0, ...parts.map(rowsOf)) * rowWords);
  let floorNs = -Infinity;
  let highestNs = -Infinity;
  return parts.map((part, at) => {
    const end = readPlaces(part, words, 0);
    let [firstEnterNs, lastEnterNs, lastLeaveNs, lastKey] = [Infinity, -Infinity, -Infinity, -1];
    for (let row = 0; row < end; row += rowWords) {
      const enterNs = enterNsAt(words, row);
      const leaveNs = leaveNsAt(words, row);
      const key = keyAt(words, row);
      if (key > lastKey) lastKey = key;
      if (enterNs < firstEnterNs) firstEnterNs = enterNs;
      if (leaveNs > lastLeaveNs) lastLeaveNs = leaveNs;
      if (enterNs > lastEnterNs) lastEnterNs = enterNs;
      if (enterNs < floorNs) late.add(words, row);
    }
    onRows(end / rowWords, lastKey);
    const openNs = part.at(-1)!.openNs;
    const watermarkNs = at === parts.length - 1 ? Infinity : Math.max(floorNs, highestNs, openNs);
    const found = { firstEnterNs, lastEnterNs, lastLeaveNs, floorNs, watermarkNs };
    floorNs = watermarkNs;
    highestNs = Math.max(highestNs, lastEnterNs);
    return { places: part, count: end / rowWords, ...found };
  });
}

function rowsOf(places: readonly Place[]): number {
  return places.reduce((sum, { count }) => sum + count, 0);
}

function split(places: readonly Place[], groupRows: number): Place[][] {
  const parts: Place[][] = [];
  let room = 0;
  for (const place of places) {
    if (place.count > room) {
      parts.push([]);
      room = groupRows;
    }
    parts.at(-1)!.push(place);
    room -= place.count;
  }
  return parts;
}

/** Hands on what lies before each watermark, in order. What is handed on is overwritten by the next. */
export function* inOrder(groups: readonly Group[]): Generator<OrderedRows> {
  const most = groups.reduce((rows, { count }) => Math.max(rows, count), 0);
  const words = new Uint32Array(2 * most * rowWords);
  const sorter = new RowSorter(2 * most);
  let kept = 0;
  for (const group of groups) {
    const end = readPlaces(group.places, words, kept);
    const ordered = sorter.sort(words, end, group);
    let count = ordered.length;
    while (count > 0 && enterNsAt(words, ordered[count - 1]) > group.watermarkNs) count -= 1;
    if (count > 0) yield { words, order: ordered, count };
    kept = keep(words, ordered.subarray(count));
  }
}

/** Moves these rows to the front. Returns the first word behind them. */
function keep(words: Uint32Array, order: Uint32Array): number {
  // From the lowest place upwards, so that none is overwritten before it has moved.
  const places = order.slice().sort();
  places.forEach((from, to) => words.copyWithin(to * rowWords, from, from + rowWords));
  return places.length * rowWords;
}

const indexBits = 16;
const indexCount = 2 ** indexBits;
const two32 = 2 ** 32;
/** 78 hours in ns: no two rows in memory at one time lie further apart. */
const spanLimit = 2 ** (64 - indexBits) - 1;

/** Sorts by entry, then by place, as whole numbers of 64 bits: time from the first entry, and the number of the row. */
class RowSorter {
  readonly #keys: BigUint64Array;
  readonly #halves: Uint32Array;
  readonly #order: Uint32Array;

  constructor(rows: number) {
    this.#keys = new BigUint64Array(rows);
    this.#halves = new Uint32Array(this.#keys.buffer);
    this.#order = new Uint32Array(rows);
  }

  /** The group and what was kept of the one before, without latecomers. */
  sort(words: Uint32Array, end: number, { firstEnterNs, floorNs }: Group): Uint32Array {
    const originNs = floorNs === -Infinity ? firstEnterNs : floorNs;
    const halves = this.#halves;
    let count = 0;
    for (let at = 0; at < end; at += rowWords) {
      const enterNs = enterNsAt(words, at);
      if (enterNs < floorNs) continue;
      const sinceNs = Math.min(spanLimit, enterNs - originNs);
      halves[2 * count] = (sinceNs % (two32 / indexCount)) * indexCount + at / rowWords;
      halves[2 * count + 1] = sinceNs / (two32 / indexCount);
      count += 1;
    }
    this.#keys.subarray(0, count).sort();
    const order = this.#order;
    for (let i = 0; i < count; i += 1) order[i] = (halves[2 * i] % indexCount) * rowWords;
    return order.subarray(0, count);
  }
}

/** Rows that came too late for their place: held in memory, up to a limit. */
export class Latecomers {
  /** Beyond this a history is not judged as a whole, and says so. */
  static readonly limitRows = 2 ** 20;

  #words = new Uint32Array(1024 * rowWords);
  #count = 0;
  dropped = 0;

  add(words: Uint32Array, at: number): void {
    if (this.#count === Latecomers.limitRows) {
      this.dropped += 1;
      return;
    }
    if ((this.#count + 1) * rowWords > this.#words.length) {
      const wider = new Uint32Array(2 * this.#words.length);
      wider.set(this.#words);
      this.#words = wider;
    }
    this.#words.set(words.subarray(at, at + rowWords), this.#count * rowWords);
    this.#count += 1;
  }

  /** All of them, in order of entry. */
  ordered(): OrderedRows {
    const words = this.#words;
    const order = new Uint32Array(this.#count).map((_, row) => row * rowWords);
    order.sort((a, b) => enterNsAt(words, a) - enterNsAt(words, b) || a - b);
    return { words, order, count: this.#count };
  }
}
