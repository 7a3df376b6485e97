/**
 * The port of src/contract/redis.ts over a simulated server: what a real client does, with every delay and every loss drawn
 * from the seed. Timeouts count from the write; a lane that is not up answers DOWN; a broken connection answers RESET to
 * all that it owed; the next connection is a new incarnation, and up once the scripts are loaded.
 */
import type { Cancel, Command, Failure, Lane, OnReply, RedisNode, Reply, ScriptDecl } from '../contract/index.js';
import { LockbenchError } from '../contract/index.js';
import type { EventLoop } from './event-loop.js';
import type { Result } from './redis-model.js';
import type { SimServer } from './server.js';
import { subscribe } from './subscription.js';
import type { Connection, Link } from './wire.js';
import type { World } from './world.js';

/** What one worker needs to reach one server. */
export interface Route {
  readonly world: World;
  readonly loop: EventLoop;
  readonly server: SimServer;
  readonly link: Link;
  readonly scripts: readonly ScriptDecl[];
  /** Told of every command that is written. */
  readonly onWrite: (command: Command) => void;
}

interface Pending {
  readonly size: number;
  readonly replies: Reply[];
  failure: Failure | null;
  /** Null once the sender has its answer. */
  done: ((failure: Failure | null, replies: readonly Reply[]) => void) | null;
}

export class SimLane implements Lane {
  incarnation = 0;
  up = false;
  #connection: Connection | null = null;
  /** Commands that were written and whose replies have not all been read, in order. */
  #pending: Pending[] = [];
  #written = 0;
  #read = 0;
  #settling: { readonly written: number; readonly resolve: () => void }[] = [];

  constructor(
    private readonly route: Route,
    private readonly onState: (up: boolean) => void,
  ) {}

  /** Whether a reply is still to come. */
  get owed(): boolean {
    return this.#pending.length > 0;
  }

  send(command: Command, timeoutMs: number, tag: number, done: OnReply): void {
    this.#send([command], timeoutMs, (failure, replies) => done(tag, failure, failure === null ? replies[0] : null));
  }

  group(commands: readonly Command[], timeoutMs: number, tag: number, done: OnReply): void {
    this.#send(commands, timeoutMs, (failure, replies) => done(tag, failure, failure === null ? replies : null));
  }

  settled(): Promise<void> {
    if (this.#pending.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#settling.push({ written: this.#written, resolve }));
  }

  /** Connects after a delay; `onState` tells how it went. */
  connect(): void {
    const { world, loop, link, server } = this.route;
    loop.after(world.uniformMs(link.reconnectMs), () => {
      this.#connection = server.connect(link, loop, {
        onResult: (result) => this.#onResult(result),
        onClosed: () => this.#onClosed(),
      });
      if (this.#connection === null) this.onState(false);
      else this.#loadScripts();
    });
  }

  /** A node counts as up once its scripts are loaded. */
  #loadScripts(): void {
    const load = this.route.scripts.map((script) => ({ name: 'SCRIPT', args: ['LOAD', script.lua], script }));
    this.#write([{ name: 'PING', args: [] }, ...load], (failure) => {
      if (failure !== null) return;
      this.incarnation += 1;
      this.up = true;
      this.onState(true);
    });
  }

  #send(commands: readonly Command[], timeoutMs: number, done: NonNullable<Pending['done']>): void {
    const { loop } = this.route;
    if (!this.up) {
      loop.after(0, () => done(down, []));
      return;
    }
    const pending = this.#write(commands, (failure, replies) => {
      stopTimer();
      done(failure, replies);
    });
    const stopTimer = loop.after(timeoutMs, () => answer(pending, timedOut(timeoutMs)));
  }

  #write(commands: readonly Command[], done: NonNullable<Pending['done']>): Pending {
    const pending: Pending = { size: commands.length, replies: [], failure: null, done };
    this.#pending.push(pending);
    this.#written += 1;
    for (const command of commands) {
      this.route.onWrite(command);
      this.#connection!.write(command);
    }
    return pending;
  }

  #onResult(result: Result): void {
    const pending = this.#pending[0];
    if ('error' in result) pending.failure ??= result.error;
    pending.replies.push('error' in result ? null : result.reply);
    if (pending.replies.length < pending.size) return;
    this.#pending.shift();
    this.#read += 1;
    answer(pending, pending.failure);
    this.#settle();
  }

  #onClosed(): void {
    const wasUp = this.up;
    this.up = false;
    const pending = this.#pending;
    this.#pending = [];
    this.#read = this.#written;
    if (wasUp) for (const each of pending) answer(each, reset);
    this.#settle();
    this.onState(false);
  }

  #settle(): void {
    const ready = this.#settling.filter(({ written }) => written <= this.#read);
    this.#settling = this.#settling.filter(({ written }) => written > this.#read);
    for (const { resolve } of ready) resolve();
  }
}

export class SimNode implements RedisNode {
  readonly shared: SimLane;
  readonly #listeners = new Set<(incarnation: number, up: boolean) => void>();
  readonly #idle: SimLane[] = [];

  constructor(
    readonly index: number,
    private readonly route: Route,
  ) {
    this.shared = new SimLane(route, (up) => {
      for (const listener of this.#listeners) listener(this.shared.incarnation, up);
      if (!up) this.shared.connect();
    });
    this.shared.connect();
  }

  borrow(cancel: Cancel): Promise<{ readonly lane: Lane; giveBack(): void }> {
    return new Promise((resolve, reject) => {
      const refuse = (why: string): void => reject(new LockbenchError('UNREACHABLE', why));
      const stop = cancel.onCancel(() => refuse('cancelled'));
      const lend = (lane: SimLane): void => {
        stop();
        // One that still owes replies is not lent again: the next borrower would wait for them.
        resolve({ lane, giveBack: () => void (lane.owed || this.#idle.push(lane)) });
      };
      if (cancel.cancelled) return;
      if (!this.shared.up) refuse('the node is down');
      while (this.#idle.length > 0) {
        const lane = this.#idle.pop()!;
        if (lane.up) return lend(lane);
      }
      const lane: SimLane = new SimLane(this.route, (up) => (up ? lend(lane) : refuse('the node is down')));
      lane.connect();
    });
  }

  onIncarnation(listener: (incarnation: number, up: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  subscribe(
    channel: string,
    onMessage: (payload: string) => void,
    onState: (state: 'live' | 'gap') => void,
  ): () => void {
    return subscribe(this.route, channel, onMessage, onState);
  }
}

const down: Failure = { code: 'DOWN', fate: 'not-executed', message: 'no connection' };
const reset: Failure = { code: 'RESET', fate: 'maybe-executed', message: 'the connection broke' };

function timedOut(timeoutMs: number): Failure {
  return { code: 'TIMEOUT', fate: 'maybe-executed', message: `no answer within ${timeoutMs} ms` };
}

/** Once; what comes later is swallowed. Of a group that was executed in part nobody can say that it was not. */
function answer(pending: Pending, failure: Failure | null): void {
  const done = pending.done;
  pending.done = null;
  const partly = failure?.fate === 'not-executed' && pending.replies.some((reply) => reply !== null);
  done?.(partly ? { ...failure, fate: 'maybe-executed' } : failure, pending.replies);
}
