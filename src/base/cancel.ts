import type { Cancel } from '../contract/index.js';

/** Cancels whoever listens, once; adding and removing a listener is O(1). */
export class CancelSource implements Cancel {
  #cancelled = false;
  readonly #listeners = new Set<() => void>();

  get cancelled(): boolean {
    return this.#cancelled;
  }

  onCancel(listener: () => void): () => void {
    if (this.#cancelled) {
      listener();
      return () => {};
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}

/** Never cancelled. */
export const noCancel: Cancel = { cancelled: false, onCancel: () => () => {} };
