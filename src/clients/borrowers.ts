/** Those who wait for a connection of their own: served in the order in which they came, so many of them and no more. */
import type { Cancel, LockbenchError } from '../contract/index.js';

const most = 10_000;

interface Borrower<T> {
  lend(loan: T): void;
  reject(error: LockbenchError): void;
}

export class Borrowers<T> {
  readonly #waiting = new Set<Borrower<T>>();

  /** `unavailable` puts a reason into words. */
  constructor(private readonly unavailable: (reason: string) => LockbenchError) {}

  get size(): number {
    return this.#waiting.size;
  }

  wait(cancel: Cancel): Promise<T> {
    if (cancel.cancelled) return Promise.reject(this.unavailable('cancelled'));
    if (this.#waiting.size >= most) return Promise.reject(this.unavailable(`${most} borrowers are waiting`));
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(borrower);
        stopListening();
      };
      const borrower: Borrower<T> = {
        lend: (loan) => {
          leave();
          resolve(loan);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const stopListening = cancel.onCancel(() => borrower.reject(this.unavailable('cancelled')));
      this.#waiting.add(borrower);
    });
  }

  /** Serves as many as `next` has something for. */
  serve(next: () => T | null): void {
    for (const borrower of this.#waiting) {
      const loan = next();
      if (loan === null) return;
      borrower.lend(loan);
    }
  }

  rejectFirst(error: LockbenchError): void {
    for (const first of [...this.#waiting].slice(0, 1)) first.reject(error);
  }

  rejectAll(error: LockbenchError): void {
    for (const one of this.#waiting) one.reject(error);
  }
}
