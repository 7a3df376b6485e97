/**
 * Counts what goes over the wires of client objects that are in a library's hands: commands as they are written, exchanges
 * one after the other, and commands that ended without an answer. What a script does inside the server is no command.
 */
import type { FailureCode, NodeFailure } from '../contract/index.js';
import type { Meter } from './meter.js';

type Lost = Extract<FailureCode, 'DOWN' | 'RESET' | 'TIMEOUT'>;

export class LibraryWatch implements Meter {
  commands = 0;
  roundTrips = 0;
  readonly #failures: Record<Lost, number>[] = [];
  /** What was written last, as long as no answer came in since: written again, to another node, it is the same fan-out. */
  #fanOut: string | null = null;
  #deaf = false;

  addNode(): void {
    this.#failures.push({ DOWN: 0, RESET: 0, TIMEOUT: 0 });
  }

  /** One write, of so many commands; `text` tells one from another. */
  sent(text: string, commands = 1): void {
    if (this.#deaf) return;
    this.commands += commands;
    if (text === this.#fanOut) return;
    this.#fanOut = text;
    this.roundTrips += 1;
  }

  answered(): void {
    this.#fanOut = null;
  }

  lost(node: number, code: Lost): void {
    this.#failures[node]![code] += 1;
  }

  /** What is sent meanwhile is ours, and not the library's. */
  uncounted<T>(send: () => T): T {
    this.#deaf = true;
    try {
      return send();
    } finally {
      this.#deaf = false;
    }
  }

  /** By node. */
  failed(): readonly number[] {
    return this.#failures.map(({ DOWN, RESET, TIMEOUT }) => DOWN + RESET + TIMEOUT);
  }

  failures(): readonly NodeFailure[] {
    return this.#failures.flatMap((counts, node) =>
      (Object.entries(counts) as [Lost, number][])
        .filter(([, count]) => count > 0)
        .map(([code, count]) => ({ node, code, count })),
    );
  }
}

/** A client object and our hand on it. */
export interface WatchedClient {
  readonly client: unknown;
  isUp(): boolean;
  /** Sends PING as the library would send a command; settles when it is answered, or will not be. */
  ping(): Promise<unknown>;
  destroy(): void;
}

export interface WatchedEvents {
  up(): void;
  /** The server does not take the credentials. */
  refused(reason: string): void;
}

export const credentialErrors = /\b(NOAUTH|WRONGPASS|NOPERM)\b|invalid password|invalid username-password/i;

/** When to connect again: doubling from the first time to the last. */
export function backoffMs([firstMs, lastMs]: readonly [number, number], attempt: number): number {
  return Math.min(lastMs, firstMs * 2 ** Math.min(Math.max(0, attempt), 20));
}
