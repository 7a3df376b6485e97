/** Servers, and workers that reach them over links of their own: everything of a simulated run but its contenders. */
import type { Command, LockSession, LockStrategy, Options, StrategyEnv, Topology } from '../contract/index.js';
import { seededRandom } from '../base/random.js';
import { isStandingKey } from '../base/standing-keys.js';
import { retryPolicy } from '../kit/retry.js';
import { EventLoop } from './event-loop.js';
import { SimNode } from './node.js';
import type { NodeFault, Scenario } from './scenario.js';
import { SimServer } from './server.js';
import type { Link } from './wire.js';
import { World, type RangeMs } from './world.js';

export interface SimWorker {
  readonly loop: EventLoop;
  readonly nodes: readonly SimNode[];
  readonly env: StrategyEnv;
  readonly session: LockSession;
}

/** Servers start with their clocks anywhere within this, so that their milliseconds do not coincide. */
const clockOffsetMs: RangeMs = [0, 1e6];

export class Cluster {
  readonly world: World;
  readonly topology: Topology;
  readonly servers: readonly SimServer[];
  readonly workers: SimWorker[] = [];
  readonly #link: { -readonly [K in keyof Link]: Link[K] };
  #ended = false;

  private constructor(
    readonly strategy: LockStrategy,
    readonly scenario: Scenario,
    seed: number,
    tracing: boolean,
  ) {
    this.world = new World(seed, tracing);
    this.#link = { ...scenario.link };
    this.topology = topologyFor(strategy, scenario);
    const { nodes, replicas } = this.topology;
    this.servers = Array.from({ length: nodes + replicas }, (_, index) => {
      const rate = scenario.clockRates[index % scenario.clockRates.length];
      return new SimServer(this.world, `n${index}`, {
        clock: { rate, offsetMs: this.world.uniformMs(clockOffsetMs) },
        replicaMs: Array.from({ length: index === 0 ? replicas : 0 }, () => scenario.replicaMs),
        readOnly: replicas > 0 && index > 0,
      });
    });
  }

  /** All connections up, sessions open, faults on their way. */
  static async open(
    strategy: LockStrategy,
    options: Options,
    scenario: Scenario,
    seed: number,
    tracing = false,
  ): Promise<Cluster> {
    const cluster = new Cluster(strategy, scenario, seed, tracing);
    for (let index = 0; index < scenario.workers; index += 1) await cluster.#addWorker(index, options);
    for (const fault of scenario.nodeFaults) cluster.#plan(fault);
    if (scenario.flushScriptsEveryMs !== null) cluster.#flushScripts(scenario.flushScriptsEveryMs);
    return cluster;
  }

  /** No more pauses, no more faults of nodes. */
  end(): void {
    this.#ended = true;
  }

  /** From now on everything works. */
  heal(): void {
    Object.assign(this.#link, { slow: { chance: 0, delayMs: [0, 0] }, loseRequest: 0, loseReply: 0 });
    for (const server of this.servers) {
      server.start(true);
      server.thaw();
    }
  }

  async connected(): Promise<void> {
    await this.world.run(() => this.workers.every(({ nodes }) => nodes.every(({ shared }) => shared.up)));
  }

  /** Keys that are not `held` under one of these tokens, and not to stay, on all nodes that take writes. */
  keys(held: ReadonlySet<string>): string[] {
    return this.servers.slice(0, this.topology.nodes).flatMap(({ name, model }) =>
      model
        .keys()
        .filter((key) => !isStandingKey(this.strategy, key) && !(model.isString(key) && held.has(model.get(key) ?? '')))
        .map((key) => `${key} on ${name}`),
    );
  }

  /** Told of each grant. */
  granted({ loop }: SimWorker): void {
    this.#pauseSometimes(loop, this.scenario.pauses?.atGrant ?? 0);
  }

  async #addWorker(index: number, options: Options): Promise<void> {
    const { world, scenario, strategy } = this;
    const loop = new EventLoop(world, `w${index}`, seededRandom(world.seed, `worker ${index}`));
    const env = envOf(world, loop, scenario);
    const scripts = strategy.scripts ?? [];
    const onWrite = (command: Command): void => {
      if (asksForLock(command)) this.#pauseSometimes(loop, scenario.pauses?.atSend ?? 0);
    };
    const nodes = this.servers.map(
      (server, node) => new SimNode(node, { world, loop, server, link: this.#link, scripts, onWrite }),
    );
    await world.run(() => nodes.every(({ shared }) => shared.up));
    const session = await strategy.open(nodes, env, options);
    this.workers.push({ loop, nodes, env, session });
    if (scenario.pauses?.everyMs) this.#pauseEvery(loop, scenario.pauses.everyMs);
  }

  #pauseSometimes(loop: EventLoop, chance: number): void {
    if (!this.#ended && chance > 0 && this.world.random() < chance) this.#pause(loop);
  }

  /** Returns for how long. */
  #pause(loop: EventLoop): number {
    const ms = this.world.uniformMs(this.scenario.pauses?.lengthMs ?? [0, 0]);
    loop.pause(ms);
    return ms;
  }

  #pauseEvery(loop: EventLoop, everyMs: RangeMs, afterMs = 0): void {
    this.world.after(afterMs + this.world.uniformMs(everyMs), () => {
      if (!this.#ended) this.#pauseEvery(loop, everyMs, this.#pause(loop));
    });
  }

  #plan({ node, kind, atMs, forMs }: NodeFault): void {
    const { world } = this;
    const server = this.servers[node % this.servers.length];
    if (server === undefined) return;
    world.after(world.uniformMs(atMs), () => {
      if (this.#ended) return;
      world.log(() => `${server.name} ${kind}`);
      if (kind === 'freeze') server.freeze();
      else server.kill();
      world.after(world.uniformMs(forMs), () => {
        world.log(() => `${server.name} back`);
        if (kind === 'freeze') server.thaw();
        else server.start(kind === 'kill');
      });
    });
  }

  #flushScripts(everyMs: RangeMs): void {
    const { world, servers } = this;
    world.after(world.uniformMs(everyMs), () => {
      if (this.#ended) return;
      servers[Math.floor(world.random() * servers.length)]?.model.flushScripts();
      this.#flushScripts(everyMs);
    });
  }
}

/** By SET, or by a script that takes. */
function asksForLock({ name, script }: Command): boolean {
  return name.startsWith('SET') || (script?.name.startsWith('take') ?? false);
}

export function topologyFor({ topology: kind }: LockStrategy, { nodes, replicas }: Scenario): Topology {
  if (kind === 'none') return { kind, nodes: 0, replicas: 0 };
  return {
    kind,
    nodes: kind === 'quorum' ? nodes : 1,
    replicas: kind === 'replicated' || kind === 'sentinel' ? replicas : 0,
  };
}

function envOf(world: World, loop: EventLoop, scenario: Scenario): StrategyEnv {
  return {
    nowMs: world.nowMs,
    after: (ms, fn) => loop.after(ms, fn),
    sleep: (ms, cancel) =>
      new Promise((resolve) => {
        const stopTimer = loop.after(ms, () => {
          stopListening();
          resolve();
        });
        const stopListening = cancel.onCancel(() => {
          stopTimer();
          resolve();
        });
      }),
    random: loop.random,
    token: world.token,
    retry: retryPolicy(scenario.retry),
  };
}
