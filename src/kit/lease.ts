import type { Grant } from '../contract/index.js';

/** A grant whose validity can move and that can be lost. */
export class Lease implements Grant {
  extensions = 0;
  readonly fence?: bigint;
  #lost = false;
  #letGo = false;
  #listeners: Set<() => void> | null = null;

  constructor(
    readonly key: string,
    readonly token: string,
    public validUntilMs: number,
    /** When its first command may have been sent. */
    readonly startedMs: number,
    fence?: bigint,
  ) {
    if (fence !== undefined) this.fence = fence;
  }

  /** An extension that may have taken effect may also have cut the lease short. */
  shorten(validUntilMs: number): void {
    this.validUntilMs = Math.min(this.validUntilMs, validUntilMs);
  }

  /** Validity is over, or it was lost before; whoever holds it is told. */
  isOver(nowMs: number): boolean {
    if (nowMs >= this.validUntilMs) this.lose();
    return this.#lost;
  }

  /** Its holder gives it back: what is found out about it from now on is no loss to anybody. */
  letGo(): void {
    this.#letGo = true;
    this.#listeners = null;
  }

  onLost(listener: () => void): () => void {
    if (this.#letGo) return () => {};
    if (this.#lost) {
      listener();
      return () => {};
    }
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }

  lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    for (const listener of this.#listeners ?? []) listener();
    this.#listeners = null;
  }
}

/** Of a grant from anywhere: one that was never ours has nobody to tell. */
export function letGo(grant: Grant): void {
  if (grant instanceof Lease) grant.letGo();
}
