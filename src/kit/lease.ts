import type { Grant } from '../contract/index.js';

/** A grant whose validity can move and that can be lost. */
export class Lease implements Grant {
  extensions = 0;
  readonly fence?: bigint;
  #lost = false;
  #letGo = false;
  /** As a rule there is one, and no table is made for it. */
  #listener: (() => void) | null = null;
  #others: Set<() => void> | null = null;

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
    this.#forget();
  }

  onLost(listener: () => void): () => void {
    if (this.#letGo) return () => {};
    if (this.#lost) {
      listener();
      return () => {};
    }
    if (this.#listener === null) {
      this.#listener = listener;
      return () => {
        if (this.#listener === listener) this.#listener = null;
      };
    }
    this.#others ??= new Set();
    this.#others.add(listener);
    return () => this.#others?.delete(listener);
  }

  lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#listener?.();
    for (const listener of this.#others ?? []) listener();
    this.#forget();
  }

  #forget(): void {
    this.#listener = null;
    this.#others = null;
  }
}

/** Of a grant from anywhere: one that was never ours has nobody to tell. */
export function letGo(grant: Grant): void {
  if (grant instanceof Lease) grant.letGo();
}
