/**
 * One way of one connection: a queue in which bytes wait for their delay, and for the way to be open. The way is closed
 * at the far end of the delay: from the moment that it is held or dropped nothing comes out any more, not even what set
 * out before. The end of a stream travels behind its bytes and is held and lost as they are, so that nobody learns
 * through a partition that the other side is gone.
 */
import { after, nowMs } from '../base/clock.js';
import { Fifo } from '../base/fifo.js';
import type { Way } from './way.js';

/** Bytes waiting in one way of one connection; beyond it the connection is reset, where TCP would stop the sender. */
export const maxHeldBytes = 16 * 2 ** 20;

/** end: the sender has nothing more to say (FIN). reset: its connection broke (RST). */
export type Freight = Buffer | 'end' | 'reset';

interface Parcel {
  readonly freight: Freight;
  readonly dueMs: number;
  counted: boolean;
}

export interface PipeEnd {
  deliver(freight: Freight): void;
  /** The stream is of no use any more: it has a hole and would go on, or too much of it waits. */
  broken(): void;
}

export class Pipe {
  #queue = new Fifo<Parcel>();
  #heldBytes = 0;
  #lastDueMs = 0;
  #stopTimer: (() => void) | null = null;
  #holed = false;
  /** The end of the stream was pushed, or nobody is there to receive it. */
  #over = false;

  constructor(
    private readonly way: Way,
    private readonly end: PipeEnd,
  ) {}

  /** What comes after the end is ignored. */
  push(freight: Freight): void {
    if (this.#over) return;
    if (typeof freight === 'string') this.#over = true;
    const { passage } = this.way.state;
    if (this.#holed || passage === 'drop') {
      this.#lose({ freight, dueMs: 0, counted: false });
      return;
    }
    const delayMs = this.way.drawDelayMs();
    if (delayMs === 0 && passage === 'pass' && this.#queue.length === 0) {
      this.end.deliver(freight);
      return;
    }
    this.#lastDueMs = Math.max(nowMs() + delayMs, this.#lastDueMs);
    const parcel = { freight, dueMs: this.#lastDueMs, counted: false };
    if (this.way.isTouching) this.#count(parcel);
    this.#queue.push(parcel);
    if (typeof freight !== 'string') this.#heldBytes += freight.length;
    if (this.#heldBytes > maxHeldBytes) {
      this.#count(parcel);
      this.end.broken();
    } else if (this.#queue.length === 1) this.#pump();
  }

  /** The way's state was set. */
  changed(): void {
    const { passage } = this.way.state;
    if (passage === 'drop') {
      for (let parcel = this.#queue.shift(); parcel !== undefined; parcel = this.#queue.shift()) this.#lose(parcel);
      this.#empty();
    } else if (passage === 'hold') {
      for (let i = this.#queue.length; i > 0; i -= 1) {
        const parcel = this.#queue.shift()!;
        this.#count(parcel);
        this.#queue.push(parcel);
      }
    } else if (this.#holed) this.end.broken();
    else this.#pump();
  }

  /** Nobody is there to receive anything any more. */
  stop(): void {
    this.#over = true;
    this.#holed = false;
    this.#empty();
  }

  #pump(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    if (this.way.state.passage !== 'pass') return;
    for (let head = this.#queue.peek(); head !== undefined; head = this.#queue.peek()) {
      const earlyMs = head.dueMs - nowMs();
      if (earlyMs > 0) {
        this.#stopTimer = after(earlyMs, () => this.#pump());
        return;
      }
      this.#queue.shift();
      if (typeof head.freight !== 'string') this.#heldBytes -= head.freight.length;
      this.end.deliver(head.freight);
    }
  }

  #lose(parcel: Parcel): void {
    this.#holed = true;
    this.#count(parcel);
  }

  #empty(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#queue = new Fifo();
    this.#heldBytes = 0;
  }

  /** Each chunk once, whatever happens to it; the end of a stream is none. */
  #count(parcel: Parcel): void {
    if (!parcel.counted && typeof parcel.freight !== 'string') this.way.touched += 1;
    parcel.counted = true;
  }
}
