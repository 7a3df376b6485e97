/**
 * Connections of one node that are lent, for commands that block everyone else on theirs (WAIT). Opened on demand; one
 * that comes back clean is lent again, one that is down or still owed a reply is thrown away.
 */
import { LockbenchError } from '../contract/index.js';
import type { Cancel, Lane } from '../contract/index.js';
import { Borrowers } from './borrowers.js';
import { Link } from './link.js';
import type { LinkEvents } from './link.js';

/** Connections of one node at a time, those being opened included. */
export const maxBorrowed = 64;

export interface Loan {
  readonly lane: Lane;
  giveBack(): void;
}

export class Pool {
  readonly #links = new Set<Link>();
  readonly #idle: Link[] = [];
  readonly #borrowers = new Borrowers<Loan>((reason) => this.#unavailable(reason));
  #opening = 0;
  #closed = false;

  constructor(
    private readonly nodeName: string,
    private readonly openLink: (events: LinkEvents) => Link,
  ) {}

  borrow(cancel: Cancel): Promise<Loan> {
    if (this.#closed) return Promise.reject(this.#unavailable('closed'));
    const loan = this.#borrowers.wait(cancel);
    this.#serve();
    return loan;
  }

  close(): void {
    this.#closed = true;
    this.#borrowers.rejectAll(this.#unavailable('closed'));
    for (const link of this.#links) link.close();
    this.#links.clear();
    this.#idle.length = 0;
  }

  #loan(link: Link): Loan {
    let lent = true;
    return {
      lane: link.lane,
      giveBack: () => {
        if (!lent) return;
        lent = false;
        if (link.lane.up && link.lane.owed === 0) this.#idle.push(link);
        else this.#discard(link);
        this.#serve();
      },
    };
  }

  /** Lends what is idle, and opens connections for those who still wait. */
  #serve(): void {
    this.#borrowers.serve(() => {
      const link = this.#idle.pop();
      return link === undefined ? null : this.#loan(link);
    });
    while (!this.#closed && this.#borrowers.size > this.#opening && this.#links.size < maxBorrowed) this.#open();
  }

  #open(): void {
    this.#opening += 1;
    let opening = true;
    const opened = (): void => {
      if (opening) this.#opening -= 1;
      opening = false;
    };
    const link = this.openLink({
      up: () => {
        opened();
        this.#idle.push(link);
        this.#serve();
      },
      failed: (reason) => {
        const wasOpening = opening;
        opened();
        this.#discard(link);
        if (wasOpening) this.#borrowers.rejectFirst(this.#unavailable(reason));
        this.#serve();
      },
    });
    this.#links.add(link);
  }

  #discard(link: Link): void {
    this.#links.delete(link);
    const at = this.#idle.indexOf(link);
    if (at >= 0) this.#idle.splice(at, 1);
    link.close();
  }

  #unavailable(reason: string): LockbenchError {
    return new LockbenchError('UNREACHABLE', `no connection of ${this.nodeName} to borrow: ${reason}`);
  }
}
