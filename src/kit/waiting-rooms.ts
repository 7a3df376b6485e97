/**
 * Waiting for a lock whose release is published. One room for each key that somebody of this session waits for, with one
 * subscription for all of them, which ends with the last.
 *
 * A release makes room for one holder. So a message wakes one waiter of each session, the first in line, and the herd is one
 * try for each process instead of one for each waiter; when that try fails somebody else's has not, and their release is
 * told in turn. A message that finds nobody asleep is kept as a signal for those whose refusal is still on its way to them:
 * the two travel over different connections and may overtake each other.
 *
 * Nothing is told of a lease that runs out, nor of what was released before the subscription was live. So the first in line
 * tries again when it goes live, and when the holder's lease must be over; and by the retry policy as long as the subscription
 * is not live, or nothing is known of the lease.
 */
import type { Cancel, RedisNode, StrategyEnv } from '../contract/index.js';

/** A key may be there for as long as its PTTL says, and is gone in the ms after. */
const pastMs = 1;

interface Sleeper {
  readonly delayMs: number;
  /** When it tries again by its retry policy, counted from when it became the first in line. */
  dueMs: number | null;
  wake(told: boolean): void;
}

/** One acquire that may come to wait. */
export interface Visit {
  /** Before each try: what is signalled from now on is news to it. */
  tries(): void;
  wait(delayMs: number, leftMs: number, cancel: Cancel): Promise<void>;
  leave(): void;
}

class Room {
  visits = 0;
  /** Messages that woke nobody. */
  signals = 0;
  /** When the holder's lease is over; null: not known. */
  #freeAtMs: number | null = null;
  #live = false;
  #unsubscribe: (() => void) | null = null;
  #stopTimer = (): void => {};
  readonly #line: Sleeper[] = [];

  constructor(
    private readonly node: RedisNode,
    private readonly env: StrategyEnv,
    private readonly channel: string,
  ) {}

  heldFor(ms: number | null): void {
    this.#freeAtMs = ms === null ? null : this.env.nowMs() + ms + pastMs;
    this.#arm();
  }

  /** Who has been in line before comes first again. Resolves with whether it was told to try. */
  sleep(again: boolean, delayMs: number, leftMs: number, cancel: Cancel): Promise<boolean> {
    this.#unsubscribe ??= this.node.subscribe(
      this.channel,
      () => this.signal(),
      (state) => this.#turn(state === 'live'),
    );
    return new Promise((resolve) => {
      let stops: (() => void)[] = [];
      const wake = (told: boolean): void => {
        for (const stop of stops) stop();
        stops = [];
        const place = this.#line.indexOf(sleeper);
        if (place >= 0) this.#line.splice(place, 1);
        this.#arm();
        resolve(told);
      };
      const sleeper: Sleeper = { delayMs, dueMs: null, wake };
      if (again) this.#line.unshift(sleeper);
      else this.#line.push(sleeper);
      this.#arm();
      stops.push(this.env.after(leftMs, () => wake(false)));
      stops.push(cancel.onCancel(() => wake(false)));
    });
  }

  /** There may be something to be had, for one. */
  signal(): void {
    if (this.#line.length === 0) this.signals += 1;
    else this.#line[0].wake(true);
  }

  close(): void {
    this.#stopTimer();
    this.#unsubscribe?.();
  }

  #turn(live: boolean): void {
    this.#live = live;
    if (live) this.signal();
    else this.#arm();
  }

  /** The first in line alone watches the time. */
  #arm(): void {
    this.#stopTimer();
    this.#stopTimer = () => {};
    const first = this.#line[0];
    if (first === undefined) return;
    const nowMs = this.env.nowMs();
    first.dueMs ??= nowMs + first.delayMs;
    const known = this.#freeAtMs ?? Infinity;
    const atMs = this.#live && known < Infinity ? known : Math.min(known, first.dueMs);
    this.#stopTimer = this.env.after(Math.max(0, atMs - nowMs), () => {
      // Until the try that begins now has its answer.
      this.#freeAtMs = null;
      first.wake(true);
    });
  }
}

export class WaitingRooms {
  readonly #rooms = new Map<string, Room>();

  constructor(
    private readonly node: RedisNode,
    private readonly env: StrategyEnv,
    private readonly channelOf: (key: string) => string,
  ) {}

  /** What an answer tells: how long the key is held for at most; null: for ever. */
  heldFor(key: string, ms: number | null): void {
    this.#rooms.get(key)?.heldFor(ms);
  }

  visit(key: string): Visit {
    const room = this.#rooms.get(key) ?? new Room(this.node, this.env, this.channelOf(key));
    this.#rooms.set(key, room);
    room.visits += 1;
    let seen = room.signals;
    let slept = false;
    let told = false;
    return {
      tries: () => {
        seen = room.signals;
        told = false;
      },
      wait: async (delayMs, leftMs, cancel) => {
        if (room.signals !== seen) return;
        told = await room.sleep(slept, delayMs, leftMs, cancel);
        slept = true;
      },
      leave: () => {
        room.visits -= 1;
        if (room.visits > 0) {
          // It was told, and did not try: the next in line is.
          if (told) room.signal();
          return;
        }
        room.close();
        this.#rooms.delete(key);
      },
    };
  }

  close(): void {
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
  }
}
