/** A grant that is held as long as a session of the servers': its validity moves with every word of theirs, until it is lost once. */
import type { Grant } from '../contract/index.js';

export class SessionLease implements Grant {
  #endedMs: number | null = null;
  #lost = false;
  readonly #listeners = new Set<() => void>();

  constructor(
    readonly key: string,
    readonly token: string,
    readonly fence: bigint,
    /** Of the node that stands for it. */
    readonly path: string,
    private readonly session: { readonly validUntilMs: number },
  ) {}

  get validUntilMs(): number {
    return this.#endedMs ?? this.session.validUntilMs;
  }

  onLost(listener: () => void): () => void {
    if (this.#lost) {
      listener();
      return () => {};
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Given back: no word of the servers is about it any more. */
  end(): void {
    this.#endedMs ??= this.session.validUntilMs;
    this.#listeners.clear();
  }

  /** To be told before validity moves on, should it ever: what was lost once is not valid again. */
  lose(): void {
    if (this.#lost || this.#endedMs !== null) return;
    this.#endedMs = this.session.validUntilMs;
    this.#lost = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}
