/**
 * The nodes of one etcd cluster behind the port of the contract. One of them is asked, and stays so while it answers: all
 * nodes do the same by asking the leader. One that is not there is passed over within the same call; one that lets a call
 * time out is not asked again before the others, and watches at it end.
 */
import { nowMs } from '../base/clock.js';
import { Deadlines } from '../base/deadlines.js';
import type { Cancel, EtcdAnswer, EtcdCluster, EtcdMoment, Failure, NodeFailure } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import { createdIn, createRequest, keysIn, leaseMessage, momentIn, paths, rangeRequest } from './etcd-messages.js';
import { EtcdWatches, type Watched } from './etcd-watches.js';
import { downFailure } from './failures.js';
import { GrpcChannel, type GrpcAnswer } from './grpc.js';
import type { Meter } from './meter.js';
import { Message } from './protobuf.js';

interface Node {
  readonly channel: GrpcChannel;
  readonly watches: EtcdWatches;
  readonly failed: { DOWN: number; RESET: number; TIMEOUT: number };
}

/** Of a lease that is not there (any more): gRPC's NOT_FOUND. */
const noLease = /requested lease not found/;

export class EtcdNodes implements EtcdCluster {
  readonly meter: Meter = { commands: 0, roundTrips: 0 };
  readonly #deadlines = new Deadlines();
  readonly #nodes: readonly Node[];
  #asked = 0;
  #underWay = 0;
  #idle: (() => void)[] = [];

  constructor(endpoints: readonly NodeEndpoint[], connectTimeoutMs: number, onUp: () => void) {
    this.#nodes = endpoints.map((endpoint): Node => {
      const down = (): void => watches.giveUp();
      const channel = new GrpcChannel(endpoint, connectTimeoutMs, this.#deadlines, { up: onUp, down });
      const watches = new EtcdWatches(channel, () => (this.meter.commands += 1));
      return { channel, watches, failed: { DOWN: 0, RESET: 0, TIMEOUT: 0 } };
    });
  }

  /** All of them. */
  get up(): boolean {
    return this.#nodes.every(({ channel }) => channel.up);
  }

  async grant(lease: bigint, ttlSeconds: number, timeoutMs: number): Promise<EtcdAnswer<{ ttlSeconds: number }>> {
    const answer = await this.#call(paths.grant, leaseMessage.grant(lease, ttlSeconds), timeoutMs);
    return map(answer, (message) => ({ ttlSeconds: leaseMessage.ttlSecondsIn(message) }));
  }

  async keepAlive(lease: bigint, timeoutMs: number): Promise<EtcdAnswer<EtcdMoment & { ttlSeconds: number }>> {
    const answer = await this.#call(paths.keepAlive, leaseMessage.named(lease), timeoutMs);
    return map(answer, (message) => ({ ...momentIn(message), ttlSeconds: leaseMessage.ttlSecondsIn(message) }));
  }

  async revoke(lease: bigint, timeoutMs: number): Promise<EtcdAnswer<{ existed: boolean }>> {
    const answer = await this.#call(paths.revoke, leaseMessage.named(lease), timeoutMs);
    if (answer.failure !== null && noLease.test(answer.failure.message))
      return { failure: null, reply: { existed: false } };
    return map(answer, () => ({ existed: true }));
  }

  async create(
    ...[key, lease, prefix, timeoutMs]: Parameters<EtcdCluster['create']>
  ): ReturnType<EtcdCluster['create']> {
    const answer = await this.#call(paths.txn, createRequest(key, lease, prefix), timeoutMs);
    return map(answer, (message) => ({ ...momentIn(message), ...createdIn(message) }));
  }

  async range(
    ...[prefix, lastCreated, limit, timeoutMs]: Parameters<EtcdCluster['range']>
  ): ReturnType<EtcdCluster['range']> {
    const answer = await this.#call(paths.range, rangeRequest({ prefix, lastCreated, limit }), timeoutMs);
    return map(answer, (message) => ({ ...momentIn(message), keys: keysIn(message) }));
  }

  deleted(key: string, sinceRevision: bigint, cancel: Cancel): Promise<Watched> {
    if (cancel.cancelled) return Promise.resolve('cancelled');
    return this.#nodes[this.#asked]!.watches.deleted(key, sinceRevision, cancel);
  }

  failures(): readonly NodeFailure[] {
    const codes = ['DOWN', 'RESET', 'TIMEOUT'] as const;
    return this.#nodes.flatMap(({ failed }, node) =>
      codes.flatMap((code) => (failed[code] === 0 ? [] : [{ node, code, count: failed[code] }])),
    );
  }

  /** Resolves when no call is under way. */
  async answered(): Promise<void> {
    while (this.#underWay > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  close(): void {
    this.#deadlines.close();
    for (const { channel } of this.#nodes) channel.close();
  }

  /** From node to node, as long as it is certain that none has executed it; each is asked once at most. */
  async #call(path: string, message: Buffer, timeoutMs: number): Promise<EtcdAnswer<Message>> {
    const dueMs = nowMs() + timeoutMs;
    this.#underWay += 1;
    this.meter.commands += 1;
    this.meter.roundTrips += 1;
    let failure: Failure = downFailure('no node');
    for (let asked = 0; asked < this.#nodes.length; asked += 1) {
      const leftMs = dueMs - nowMs();
      if (leftMs <= 0) break;
      const at = this.#asked;
      const answer = await this.#ask(this.#nodes[at]!, path, message, leftMs);
      if (answer.failure === null) {
        this.#done();
        return { failure: null, reply: new Message(answer.message) };
      }
      failure = answer.failure;
      this.#passOver(at, failure);
      if (failure.code !== 'DOWN') break;
    }
    this.#done();
    return { failure, reply: null };
  }

  #ask({ channel }: Node, path: string, message: Buffer, timeoutMs: number): Promise<GrpcAnswer> {
    return new Promise((resolve) => channel.call(path, message, timeoutMs, resolve));
  }

  /** The next one is asked from now on, unless another call has seen to that already. */
  #passOver(at: number, { code }: Failure): void {
    const node = this.#nodes[at]!;
    if (code !== 'DOWN' && code !== 'RESET' && code !== 'TIMEOUT') return;
    node.failed[code] += 1;
    if (this.#asked !== at) return;
    this.#asked = (at + 1) % this.#nodes.length;
    node.watches.giveUp();
  }

  #done(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function map<T>(answer: EtcdAnswer<Message>, read: (message: Message) => T): EtcdAnswer<T> {
  return answer.failure === null ? { failure: null, reply: read(answer.reply) } : answer;
}
