/**
 * Releases that are owed. A release whose answer did not come, or that could not be sent, may leave a key behind on that
 * node until its TTL; it is sent again when the node comes back on a new connection. Within one connection order is kept,
 * so a release always follows the SET that it undoes and need not be repeated there.
 *
 * The backlog is bounded: beyond `maxOwed` the oldest is given up (its key dies by TTL) and counted.
 */
import type { Backlog, Command, RedisNode, Reply, StrategyEnv } from '../contract/index.js';
import { send } from './send.js';

const maxOwed = 10_000;

interface Owed {
  readonly node: RedisNode;
  readonly command: Command;
  /** After this the key should be gone by itself. Infinity for a lock without expiry. */
  readonly expiresMs: number;
  underWay: boolean;
}

export class Releases {
  readonly #owed = new Set<Owed>();
  #underWay = 0;
  #peak = 0;
  #dropped = 0;
  #idle: (() => void)[] = [];
  readonly #stopListening: (() => void)[];

  constructor(
    private readonly nodes: readonly RedisNode[],
    private readonly env: StrategyEnv,
    private readonly timeoutMs: number,
  ) {
    this.#stopListening = nodes.map((node) =>
      node.onIncarnation((_, up) => {
        if (up) this.#sendAgain(node);
      }),
    );
  }

  /**
   * Sends `command` to all `nodes` and does not wait. `onAnswer` is told of each node once: the reply of the first sending,
   * or null where none came.
   */
  sendAll(
    nodes: readonly RedisNode[],
    command: Command,
    expiresMs: number,
    onAnswer: (reply: Reply | undefined) => void = () => {},
  ): void {
    for (const node of nodes) this.#send({ node, command, expiresMs, underWay: true }, onAnswer);
  }

  backlog(): Backlog {
    return { pending: this.#owed.size + this.#underWay, peak: this.#peak, dropped: this.#dropped };
  }

  /** Resolves when nothing is under way and nothing is owed to a node that is up. What a dead node is owed waits for its return. */
  async quiesce(): Promise<void> {
    do {
      while (this.#underWay > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
      await Promise.all(this.nodes.map((node) => node.shared.settled()));
    } while (this.#underWay > 0);
  }

  close(): void {
    for (const stop of this.#stopListening) stop();
    this.#owed.clear();
  }

  #send(owed: Owed, onAnswer: (reply: Reply | undefined) => void): void {
    const { lane, incarnation } = { lane: owed.node.shared, incarnation: owed.node.shared.incarnation };
    this.#underWay += 1;
    this.#peak = Math.max(this.#peak, this.#underWay + this.#owed.size);
    send(lane, owed.command, this.timeoutMs, owed.node.index, (_, failure, reply) => {
      owed.underWay = false;
      if (failure === null) {
        this.#owed.delete(owed);
        onAnswer(reply);
      } else {
        if (failure.fate === 'not-executed' || owed.command.script !== undefined) this.#keep(owed);
        else this.#owed.delete(owed);
        onAnswer(undefined);
        if (failure.code === 'TIMEOUT') void this.#forgetWhenSettled(owed, incarnation);
        else if (lane.up && lane.incarnation !== incarnation) this.#again(owed);
      }
      this.#underWay -= 1;
      if (this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve();
    });
  }

  /** A late answer on the same connection means that it was executed after all. */
  async #forgetWhenSettled(owed: Owed, incarnation: number): Promise<void> {
    await owed.node.shared.settled();
    if (owed.node.shared.incarnation === incarnation && owed.node.shared.up) this.#owed.delete(owed);
  }

  #keep(owed: Owed): void {
    if (this.#isOver(owed)) {
      this.#owed.delete(owed);
      return;
    }
    this.#owed.add(owed);
    if (this.#owed.size <= maxOwed) return;
    for (const oldest of this.#owed) {
      this.#owed.delete(oldest);
      this.#dropped += 1;
      break;
    }
  }

  /**
   * Only a plain DEL is ever too late, for it would take whatever lock is there by then. One that compares is sent again
   * whenever it can be: its SET may have been executed as late as the connection broke, so nobody knows when that key goes.
   */
  #isOver({ command, expiresMs }: Owed): boolean {
    return command.script === undefined && expiresMs <= this.env.nowMs();
  }

  #sendAgain(node: RedisNode): void {
    for (const owed of this.#owed) if (owed.node === node) this.#again(owed);
  }

  #again(owed: Owed): void {
    if (owed.underWay) return;
    if (this.#isOver(owed)) {
      this.#owed.delete(owed);
      return;
    }
    owed.underWay = true;
    this.#send(owed, () => {});
  }
}
