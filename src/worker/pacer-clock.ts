/** What a worker and its pacer's thread share: when the next operations are meant to start, and how far they both are. */

export const wordAt = {
  /** Changes when the thread has to look again; what it sleeps on. */
  alarm: 0,
  /** Entries taken and put so far, in 32 bits that wrap around. */
  taken: 1,
  put: 2,
  /** So much earlier than an intended start the thread calls, for its call takes time. */
  leadNs: 3,
  /** The thread sleeps until the alarm, with nothing to wait for. */
  asleep: 4,
  /** A call is on its way; one is enough. */
  called: 5,
  stopped: 6,
} as const;

export interface PacerMemory {
  readonly words: Int32Array;
  /** A ring of intended starts in order, in ns on the monotonic clock; its length is a power of two. */
  readonly dueNs: Float64Array;
}

/** With room for so many entries. */
export function pacerMemory(entries: number): PacerMemory {
  const length = 2 ** Math.ceil(Math.log2(Math.max(2, entries)));
  return {
    words: new Int32Array(new SharedArrayBuffer(Object.keys(wordAt).length * 4)),
    dueNs: new Float64Array(new SharedArrayBuffer(length * 8)),
  };
}

/** How many entries lie between two counts. */
export function entriesBetween(from: number, to: number): number {
  return (to - from) | 0;
}
