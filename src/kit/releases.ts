/**
 * Releases that are owed. A release whose answer did not come, or that could not be sent, may leave a key behind on that
 * node until its TTL; it is sent again when the node comes back on a new connection. Within one connection order is kept,
 * so a release always follows the SET that it undoes and need not be repeated there.
 *
 * The backlog is bounded: beyond `maxOwed` the oldest is given up (its key dies by TTL) and counted.
 */
import type { Backlog, Command, Failure, RedisNode, Reply, StrategyEnv } from '../contract/index.js';
import { send, sendToAll } from './send.js';

const maxOwed = 10_000;
/** What gives a lock back. */
export interface Release {
  readonly command: Command;
  /** When the first command that it undoes may have been sent: a node that was down since then has nothing to undo. */
  readonly sinceMs: number;
  /** A release that does not compare is not sent after this, for it would take whatever lock is there by then. */
  readonly untilMs: number;
}

/** The reply of the first sending; undefined where none came. */
export type OnAnswer = (reply: Reply | undefined) => void;

interface Owed extends Release {
  readonly node: RedisNode;
  underWay: boolean;
  /** Sent once more after an answer that came too late to be read. */
  repeated: boolean;
}

export class Releases {
  readonly #owed = new Set<Owed>();
  /** Since when a node has had no connection. */
  readonly #downSinceMs = new Map<RedisNode, number>();
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
    for (const node of nodes) if (!node.shared.up) this.#downSinceMs.set(node, env.nowMs());
    this.#stopListening = nodes.map((node) =>
      node.onIncarnation((_, up) => {
        if (up) {
          this.#downSinceMs.delete(node);
          for (const owed of this.#owed) if (owed.node === node) this.#again(owed);
        } else if (!this.#downSinceMs.has(node)) this.#downSinceMs.set(node, this.env.nowMs());
      }),
    );
  }

  /** Sends the release to all `nodes` and does not wait; `onAnswer` is told once for each node. */
  sendAll(nodes: readonly RedisNode[], release: Release, onAnswer: OnAnswer = () => {}): void {
    this.#begin(nodes.length);
    const incarnations = nodes.map((node) => node.shared.incarnation);
    sendToAll(nodes, release.command, this.timeoutMs, (at, failure, reply) => {
      if (failure !== null) {
        this.#failed({ ...release, node: nodes[at], underWay: false, repeated: false }, failure, incarnations[at]);
      }
      onAnswer(failure === null ? reply : undefined);
      this.#end();
    });
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

  #begin(count: number): void {
    this.#underWay += count;
    this.#peak = Math.max(this.#peak, this.#underWay + this.#owed.size);
  }

  #end(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0 && this.#idle.length > 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #failed(owed: Owed, failure: Failure, incarnation: number): void {
    this.#owed.delete(owed);
    if (!this.#isDue(owed, failure)) return;
    this.#keep(owed);
    const lane = owed.node.shared;
    if (failure.code === 'TIMEOUT') void this.#repeatWhenSettled(owed, incarnation);
    else if (lane.up && lane.incarnation !== incarnation) this.#again(owed);
  }

  /** A plain DEL that may have been executed is not sent again: the lock there may be somebody else's by then. */
  #isDue({ command, node, sinceMs }: Owed, failure: Failure): boolean {
    if (failure.code === 'DOWN' && (this.#downSinceMs.get(node) ?? Infinity) <= sinceMs) return false;
    return command.script !== undefined || failure.fate === 'not-executed';
  }

  /** The answer came late and was not read. It may have been NOSCRIPT, so the release is sent once more. */
  async #repeatWhenSettled(owed: Owed, incarnation: number): Promise<void> {
    const lane = owed.node.shared;
    await lane.settled();
    if (!lane.up || lane.incarnation !== incarnation) return;
    if (owed.repeated) this.#owed.delete(owed);
    else {
      owed.repeated = true;
      this.#again(owed);
    }
  }

  #keep(owed: Owed): void {
    this.#owed.add(owed);
    if (this.#owed.size <= maxOwed) return;
    for (const oldest of this.#owed) {
      this.#owed.delete(oldest);
      this.#dropped += 1;
      break;
    }
  }

  #again(owed: Owed): void {
    if (owed.underWay) return;
    if (owed.command.script === undefined && owed.untilMs <= this.env.nowMs()) {
      this.#owed.delete(owed);
      return;
    }
    owed.underWay = true;
    const lane = owed.node.shared;
    const { incarnation } = lane;
    this.#begin(1);
    send(lane, owed.command, this.timeoutMs, (failure) => {
      owed.underWay = false;
      if (failure === null) this.#owed.delete(owed);
      else this.#failed(owed, failure, incarnation);
      this.#end();
    });
  }
}
