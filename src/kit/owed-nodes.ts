/**
 * Nodes of ZooKeeper that are to go, on one session: released ones, and what a wait that was given up leaves in the line. One
 * whose removal is not answered is owed, and asked for again when the connection is back; they are the session's own, so they go
 * with it at the latest. Names hold a token and never come again, so a removal can be repeated.
 */
import type { Backlog, ZookeeperAnswer, ZookeeperSession } from '../contract/index.js';

const maxOwed = 10_000;

/** The removal of one node. */
type Removal = () => Promise<ZookeeperAnswer<null>>;

export class OwedNodes {
  readonly #owed = new Map<string, Removal>();
  #underWay = 0;
  #peak = 0;
  #dropped = 0;
  #idle: (() => void)[] = [];

  constructor(
    private readonly session: ZookeeperSession,
    private readonly timeoutMs: number,
  ) {
    session.onEvent((event) => {
      if (event === 'expired') this.#owed.clear();
      if (event !== 'connected') return;
      const due = [...this.#owed];
      this.#owed.clear();
      for (const [name, removal] of due) void this.#remove(name, removal);
    });
  }

  /** The answer to the first asking. */
  remove(path: string): Promise<ZookeeperAnswer<null>> {
    return this.#remove(path, () => this.session.delete(path, this.timeoutMs));
  }

  /**
   * As `remove`, and once more when the connection was lost and `isBack` says that there is another; what has gone when it is asked
   * for again went by the first asking.
   */
  async release(path: string, isBack: () => Promise<boolean>): Promise<ZookeeperAnswer<null>> {
    let doubtful = false;
    return this.#counted(async () => {
      for (;;) {
        const answer = await this.session.delete(path, this.timeoutMs);
        const { failure } = answer;
        if (failure?.refusal === 'no-node' && doubtful) return { failure: null, value: null };
        if (failure === null || failure.refusal !== null) return answer;
        doubtful ||= failure.fate === 'maybe-executed';
        if (failure.code !== 'TIMEOUT' && (await isBack())) continue;
        if (this.session.state !== 'expired') this.#owe(path, () => this.session.delete(path, this.timeoutMs));
        return answer;
      }
    });
  }

  /** A node whose creation was not answered: it may be there, under a name that begins so. */
  undo(parent: string, begin: string): void {
    void this.#remove(`${parent}/${begin}`, async () => {
      const found = await this.find(parent, begin);
      if (found.failure !== null) return found;
      return found.value === null ? { failure: null, value: null } : this.session.delete(found.value, this.timeoutMs);
    });
  }

  /**
   * The path of the node whose name begins so, if it is there. A connection that was lost may have led to another server: this one
   * is brought up to date first. What was under way over the old connection is not executed any more, for the session has moved.
   */
  async find(parent: string, begin: string): Promise<ZookeeperAnswer<string | null>> {
    const synced = await this.session.sync(parent, this.timeoutMs);
    if (synced.failure !== null) return synced;
    const { failure, value } = await this.session.children(parent, this.timeoutMs);
    if (failure?.refusal === 'no-node') return { failure: null, value: null };
    if (failure !== null) return { failure, value };
    const name = value.find((one) => one.startsWith(begin));
    return { failure: null, value: name === undefined ? null : `${parent}/${name}` };
  }

  backlog(): Backlog {
    return { pending: this.#owed.size + this.#underWay, peak: this.#peak, dropped: this.#dropped };
  }

  /** What is owed to servers that are out of reach waits for their return. */
  async quiesce(): Promise<void> {
    while (this.#underWay > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #remove(name: string, removal: Removal): Promise<ZookeeperAnswer<null>> {
    return this.#counted(async () => {
      const answer = await removal();
      const { failure } = answer;
      // Refused for good: to ask again would be refused again.
      if (failure !== null && failure.refusal !== null && failure.refusal !== 'no-node') this.#dropped += 1;
      else if (failure !== null && failure.refusal === null && this.session.state !== 'expired')
        this.#owe(name, removal);
      return answer;
    });
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    this.#peak = Math.max(this.#peak, this.#underWay + this.#owed.size);
    const result = await work();
    this.#underWay -= 1;
    if (this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve();
    return result;
  }

  #owe(name: string, removal: Removal): void {
    // Late, so that it is asked for again behind that; or the connection was lost, and is back already.
    if (this.session.state === 'connected') void this.#remove(name, removal);
    else if (this.#owed.size >= maxOwed) this.#dropped += 1;
    else this.#owed.set(name, removal);
  }
}
