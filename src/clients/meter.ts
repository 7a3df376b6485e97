/** Counts what a set of nodes was asked, and how many exchanges one after the other that took. */
import type { Command } from '../contract/index.js';

/** Plain counters, read at any time. */
export interface Meter {
  commands: number;
  roundTrips: number;
}

export class RoundMeter implements Meter {
  commands = 0;
  roundTrips = 0;
  /** The command sent last, as long as no answer came in since: sent again it belongs to the same fan-out. */
  #fanOut: Command | null = null;

  sent(command: Command): void {
    this.commands += 1;
    if (command === this.#fanOut) return;
    this.#fanOut = command;
    this.roundTrips += 1;
  }

  sentGroup(count: number): void {
    this.commands += count;
    this.roundTrips += 1;
    this.#fanOut = null;
  }

  /** Beside the tries: a subscription, or its end. Nothing waits for the answer. */
  beside(): void {
    this.commands += 1;
  }

  answered(): void {
    this.#fanOut = null;
  }
}
