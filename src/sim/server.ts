/** One simulated server: a model behind connections, which can be frozen (SIGSTOP), killed and started again. */
import type { Command } from '../contract/index.js';
import type { EventLoop } from './event-loop.js';
import { RedisModel, type ServerClock } from './redis-model.js';
import { Connection, type Link, type Reader } from './wire.js';
import type { RangeMs, World } from './world.js';

export interface ServerSpec {
  readonly clock: ServerClock;
  /** How long each replica takes to acknowledge a write; Infinity: it never does. */
  readonly replicaMs: readonly RangeMs[];
  /** A replica itself. */
  readonly readOnly: boolean;
}

export class SimServer {
  readonly model: RedisModel;
  #up = true;
  #frozen = false;
  readonly #connections = new Set<Connection>();
  readonly #subscribers = new Map<string, Set<Connection>>();
  #ackedMs: readonly number[];

  constructor(
    private readonly world: World,
    readonly name: string,
    private readonly spec: ServerSpec,
  ) {
    this.model = new RedisModel(world.nowMs, spec.clock, spec.readOnly, (channel, payload) =>
      this.#publish(channel, payload),
    );
    this.#ackedMs = spec.replicaMs.map(() => 0);
  }

  /** Null while nobody listens. A frozen server still accepts: the kernel does it. */
  connect(link: Link, loop: EventLoop, reader: Reader): Connection | null {
    if (!this.#up) return null;
    const connection = new Connection(this.world, link, loop, this, reader);
    this.#connections.add(connection);
    return connection;
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    for (const connection of this.#connections) this.pump(connection);
  }

  kill(): void {
    this.#up = false;
    for (const connection of this.#connections) connection.die('server killed');
    this.#connections.clear();
    this.#subscribers.clear();
  }

  start(keepsData: boolean): void {
    if (this.#up) return;
    this.model.restart(keepsData);
    this.#up = true;
  }

  pump(connection: Connection): void {
    while (this.#up && !this.#frozen && connection.alive && !connection.blocked) {
      const command = connection.inbox.shift();
      if (command === undefined) return;
      this.#execute(connection, command);
    }
    if (!connection.alive) this.#connections.delete(connection);
  }

  #execute(connection: Connection, command: Command): void {
    if (command.name === 'WAIT') this.#wait(connection, Number(command.args[0]), Number(command.args[1]));
    else if (command.name === 'SUBSCRIBE') this.#subscribe(connection, String(command.args[0]));
    else {
      const offset = this.model.offset;
      const result = this.model.execute(command);
      const answer = 'error' in result ? result.error.code : String(result.reply);
      this.world.log(() => `${this.name} ${command.name} ${command.args.slice(-4).join(' ')} -> ${answer}`);
      if (this.model.offset !== offset) connection.ackedMs = this.#replicate();
      connection.reply(result);
    }
  }

  /** A replica acknowledges in order, so never a later write before an earlier one. */
  #replicate(): readonly number[] {
    const nowMs = this.world.nowMs();
    this.#ackedMs = this.spec.replicaMs.map((range, i) =>
      Math.max(this.#ackedMs[i], nowMs + (range[1] === Infinity ? Infinity : this.world.uniformMs(range))),
    );
    return this.#ackedMs;
  }

  /** Blocks this connection until `needed` replicas have its last write, or for `timeoutMs` (0: for ever). */
  #wait(connection: Connection, needed: number, timeoutMs: number): void {
    const acked = connection.ackedMs.length > 0 ? connection.ackedMs : this.spec.replicaMs.map(() => 0);
    const nowMs = this.world.nowMs();
    const enoughMs = needed <= 0 ? nowMs : ([...acked].sort((a, b) => a - b)[needed - 1] ?? Infinity);
    const untilMs = Math.min(Math.max(nowMs, enoughMs), timeoutMs === 0 ? Infinity : nowMs + timeoutMs);
    connection.blocked = true;
    if (untilMs === Infinity) return;
    const unblock = (): void => {
      connection.blocked = false;
      const reply = acked.filter((atMs) => atMs <= untilMs).length;
      this.world.log(() => `${this.name} WAIT ${needed} -> ${reply}`);
      connection.reply({ reply });
      this.pump(connection);
    };
    this.world.after(untilMs - nowMs, unblock, true);
  }

  #subscribe(connection: Connection, channel: string): void {
    this.#subscribers.set(channel, (this.#subscribers.get(channel) ?? new Set()).add(connection));
    connection.reply({ reply: 'OK' });
  }

  /** Returns how many heard it. */
  #publish(channel: string, payload: string): number {
    const subscribers = [...(this.#subscribers.get(channel) ?? [])].filter(({ alive }) => alive);
    for (const subscriber of subscribers) subscriber.reply({ reply: payload });
    return subscribers.length;
  }
}
