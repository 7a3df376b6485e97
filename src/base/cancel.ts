import type { Cancel } from '../contract/index.js';

/**
 * Cancels whoever listens, once, in no order. Adding and removing a listener is O(1) and leaves nothing behind: the places of
 * a table would keep thousands of listeners that come and go, and all that they hold, for a full collection of garbage.
 */
export class CancelSource implements Cancel {
  #cancelled = false;
  readonly #listeners: ((() => void) | null)[] = [];
  /** Places of listeners that have left. */
  readonly #free: number[] = [];

  get cancelled(): boolean {
    return this.#cancelled;
  }

  onCancel(listener: () => void): () => void {
    if (this.#cancelled) {
      listener();
      return () => {};
    }
    const place = this.#free.pop() ?? this.#listeners.length;
    this.#listeners[place] = listener;
    let listening = true;
    return () => {
      if (!listening) return;
      listening = false;
      this.#listeners[place] = null;
      this.#free.push(place);
    };
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    for (let place = 0; place < this.#listeners.length; place += 1) {
      const listener = this.#listeners[place];
      this.#listeners[place] = null;
      listener?.();
    }
  }
}

/** Never cancelled. */
export const noCancel: Cancel = { cancelled: false, onCancel: () => () => {} };
