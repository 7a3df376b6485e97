/** What a worker does, thread or process: connects, says that it is ready, drives its contenders, settles what is owed, reports. */
import {
  LockbenchError,
  type LoadShape,
  type LockSession,
  type LockStrategy,
  type RedisNode,
} from '../contract/index.js';
import { CancelSource } from '../base/cancel.js';
import { delay, limit, nowMs, nowNs } from '../base/clock.js';
import { loadPlugin, loadPluginFile } from '../base/plugins.js';
import { stepWallClock } from '../base/wall-clock-step.js';
import { clientOptions, openNodes, type NodeSet } from '../clients/open.js';
import type { WriterEnd } from '../record/history-writer.js';
import { windowAt } from '../record/shared.js';
import { Contender } from './contender.js';
import { FlightRecorder } from './flight-recorder.js';
import { keyChooser } from './keys.js';
import type { Port } from './port.js';
import type { Struck, WorkerReport, WorkerTask } from './protocol.js';
import { loadSpec, openShop, randomOf, realEnv, type Shop } from './shop.js';
import { Triggers } from './triggers.js';
import { watchThread, type ThreadUsage } from './watch.js';

const connectTimeoutMs = 1000;
/** How long connections may take to come up before the run starts without them. */
const readyWaitMs = 5000;
/** How long a strategy may take to open. */
const openMs = 5000;
/** How long releases owed and late answers are waited for after the last contender is done. */
const settleMs = 2000;
const settleStepMs = 50;
/** How long the strategy and the connections may take to close. */
const closeMs = 1000;

export function work(task: WorkerTask, port: Port): Promise<void> {
  return new Job(task, port).run();
}

class Job {
  readonly #started = new CancelSource();
  readonly #ending = new CancelSource();
  readonly #cancel = new CancelSource();
  readonly #triggers: Triggers;
  readonly #recorder: FlightRecorder | null;
  readonly #contenders: Contender[] = [];
  #usage: (() => ThreadUsage) | null = null;
  #shop: Shop | null = null;
  #nodes: NodeSet | null = null;

  constructor(
    private readonly task: WorkerTask,
    private readonly port: Port,
  ) {
    const { plan, index } = task;
    this.#recorder = task.traceFile === null ? null : new FlightRecorder(index, plan.keyPrefix);
    const nameOf = (contender: number): string => `w${index}.${contender % plan.contenders}`;
    this.#triggers = new Triggers(nameOf, port, this.#recorder, (id, struck) => this.#crash(id, struck));
    port.onMessage((message) => {
      switch (message.kind) {
        case 'go':
          this.#started.cancel();
          return;
        case 'stop':
          this.#triggers.disarmAll();
          this.#ending.cancel();
          this.#cancel.cancel();
          return;
        case 'arm':
          this.#triggers.arm(message);
          return;
        case 'disarm':
          this.#triggers.disarm(message.id);
          return;
        case 'let-go':
          this.#triggers.letGo(message.id);
          return;
        case 'step-wall-clock':
          port.say({ kind: 'stepped', id: message.id, movedMs: stepWallClock(message.byMs) });
      }
    });
  }

  async run(): Promise<void> {
    const { task, port } = this;
    const { plan, strategy } = task;
    const design =
      strategy.file === null
        ? await loadPlugin<LockStrategy>('strategy', strategy.name)
        : await loadPluginFile<LockStrategy>('strategy', strategy.file);
    const nodes = await openNodes(strategy.client, task.endpoints, {
      connectTimeoutMs,
      readyWaitMs,
      scripts: design.scripts ?? [],
    });
    this.#nodes = nodes;
    const session = await opened(design, task, this.#recorder?.wrap(nodes.nodes) ?? nodes.nodes);
    const shape = await loadPlugin<LoadShape>('load shape', plan.load);
    const shop = await openShop(
      task,
      {
        session,
        triggers: this.#triggers,
        recorder: this.#recorder,
        ending: this.#ending,
        cancel: this.#cancel,
      },
      () => this.#contenders.reduce((ns, contender) => Math.min(ns, contender.openNs), nowNs()),
    );
    this.#shop = shop;
    port.say({ kind: 'ready', clientOptions: toldOptions(task) });
    await new Promise<void>((resolve) => this.#started.onCancel(resolve));

    const missed = await this.#contend(shop, shape);
    const used = this.#usage!();
    const [openNs, closeNs] = [shop.control.window[windowAt.openNs], shop.control.window[windowAt.closeNs]];
    for (const missedMs of missed(closeNs / 1e6)) if (missedMs * 1e6 >= openNs) shop.tally.missed(missedMs * 1e6);
    const backlog = session.backlog();
    const unsettled = await settle(session);
    const report = { ...this.#report(shop, nodes), ...used, backlog, unsettled };
    await close(session, nodes);
    const end = await shop.writer.close();
    port.say({ kind: 'done', report: { ...report, ...end, ...this.#traced(end) }, figures: port.figures() });
  }

  /** Until all contenders have ended. Returns what tells the arrivals that nobody took. */
  async #contend(shop: Shop, shape: LoadShape): Promise<(untilMs: number) => readonly number[]> {
    const { task } = this;
    const { plan, index } = task;
    const startMs = nowMs();
    const oneSchedule = shape.open ? shape.arrivals(loadSpec(task, startMs, 'arrivals')) : null;
    for (let i = 0; i < plan.contenders; i += 1) {
      const arrivals = oneSchedule ?? shape.arrivals(loadSpec(task, startMs, `arrivals ${i}`));
      const nextKey = keyChooser(plan.keyChoice, plan.keys, randomOf(task, `keys ${i}`));
      this.#contenders.push(new Contender(shop, index * plan.contenders + i, arrivals, shape.open, nextKey));
    }
    this.#usage = watchThread(shop.control.window);
    await Promise.all(this.#contenders.map((contender) => contender.run()));
    return (untilMs) => oneSchedule?.missed(untilMs) ?? [];
  }

  #report(shop: Shop, nodes: NodeSet): Pick<WorkerReport, Exclude<keyof WorkerReport, Late>> {
    const { commands, roundTrips } = nodes.meter;
    return {
      errors: shop.tally.errors,
      believed: shop.believed,
      waits: shop.waits.list(),
      commands,
      roundTrips,
      nodeFailures: nodes.failures(),
      errorSamples: [...shop.tally.errorSamples.values()],
    };
  }

  /** Nothing waits here: everything that this process knows is out before it is killed. */
  #crash(id: number, struck: Struck): void {
    const { port } = this;
    const shop = this.#shop!;
    const used = this.#usage!();
    for (const contender of this.#contenders) contender.abandon();
    const end = shop.writer.closeNow();
    const backlog = shop.session.backlog();
    const report = {
      ...this.#report(shop, this.#nodes!),
      ...used,
      backlog,
      unsettled: 0,
      ...end,
      ...this.#traced(end),
    };
    port.sayNow({ kind: 'crashed', id, struck, report, figures: port.figures() });
    port.die!();
  }

  #traced({ trouble }: WriterEnd): Pick<WriterEnd, 'trouble'> {
    const { traceFile } = this.task;
    return { trouble: trouble ?? (traceFile === null ? null : this.#recorder!.write(traceFile)) };
  }
}

/** What is known only when the connections are closed. */
type Late = keyof ThreadUsage | keyof WriterEnd | 'backlog' | 'unsettled';

function toldOptions({ endpoints, strategy }: WorkerTask): Readonly<Record<string, unknown>> {
  // Deadlines of commands are ours, not the libraries': each strategy sets its own.
  const commandTimeoutMs = strategy.options.nodeTimeout ?? strategy.options.timeout ?? null;
  return endpoints.length === 0 ? {} : { ...clientOptions(strategy.client), connectTimeoutMs, commandTimeoutMs };
}

/** A strategy that fails to open, or never does, is told as its own fault. */
async function opened(design: LockStrategy, task: WorkerTask, nodes: readonly RedisNode[]): Promise<LockSession> {
  const fault = (what: string, cause?: unknown): LockbenchError =>
    new LockbenchError('BAD_PLUGIN', `the strategy ${task.strategy.label} ${what}`, 'Its open() must give a session.', {
      cause,
    });
  const late = limit(openMs).then(() => {
    throw fault(`did not open within ${openMs / 1000} s`);
  });
  try {
    return await Promise.race([design.open(nodes, realEnv(task), task.strategy.options), late]);
  } catch (error) {
    if (error instanceof LockbenchError) throw error;
    throw fault(`failed to open: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`, error);
  }
}

/** What is still owed when patience ends: a node may be just about to come back. */
async function settle(session: LockSession): Promise<number> {
  const untilMs = nowMs() + settleMs;
  for (;;) {
    const leftMs = untilMs - nowMs();
    await Promise.race([session.quiesce(), delay(Math.max(0, leftMs))]);
    const { pending } = session.backlog();
    if (pending === 0 || leftMs <= 0) return pending;
    await delay(settleStepMs);
  }
}

async function close(session: LockSession, nodes: NodeSet): Promise<void> {
  await Promise.race([session.close().then(() => nodes.close()), delay(closeMs)]);
}
