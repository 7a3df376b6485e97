/** What a worker does, thread or process: connects, says that it is ready, drives its contenders, settles what is owed, reports. */
import type { Cancel, EngineName, Engines, LoadShape, LockStrategy } from '../contract/index.js';
import { CancelSource } from '../base/cancel.js';
import { limit, nowMs, nowNs } from '../base/clock.js';
import { errorData } from '../base/error-data.js';
import { publishedAs } from '../base/packages.js';
import { loadPlugin, loadStrategy } from '../base/plugins.js';
import { sleepAbout } from '../base/sleep.js';
import { stepWallClock } from '../base/wall-clock-step.js';
import { openEngine, type OpenedEngine } from '../clients/engine.js';
import type { WriterEnd } from '../record/history-writer.js';
import { windowAt } from '../record/shared.js';
import { Contender } from './contender.js';
import { FlightRecorder } from './flight-recorder.js';
import { keyChooser } from './keys.js';
import { Pacer } from './pacer.js';
import type { Port } from './port.js';
import type { Struck, WorkerReport, WorkerTask } from './protocol.js';
import { openResource } from './resource-use.js';
import { loadSpec, openShop, randomOf, realEnv, type Shop } from './shop.js';
import { closeSession, openSession, settle } from './session.js';
import type { Tally } from './tally.js';
import { Triggers } from './triggers.js';
import { watchThread, type ThreadUsage } from './watch.js';

const connectTimeoutMs = 1000;
/** How long connections may take to come up before the run starts without them. */
const readyWaitMs = 5000;
/** After the word to stop: what has not settled then, never will. */
const hungMs = 6000;

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
  #pacer: Pacer | null = null;
  #usage: (() => ThreadUsage) | null = null;
  #shop: Shop | null = null;
  #opened: OpenedEngine | null = null;

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
    const design = await loadStrategy(strategy);
    const opened = await openEngine(strategy, task.endpoints, {
      connectTimeoutMs,
      readyWaitMs,
      scripts: design.scripts ?? [],
    });
    this.#opened = opened;
    const session = await openSession(design, strategy, overheard(opened, this.#recorder), realEnv(task));
    const shape = await loadPlugin<LoadShape>('load shape', plan.load);
    const shop = await openShop(
      task,
      {
        session,
        resource: await openResource(task, (error) => this.#lost(error)),
        triggers: this.#triggers,
        recorder: this.#recorder,
        ending: this.#ending,
        cancel: this.#cancel,
      },
      () => this.#contenders.reduce((ns, contender) => Math.min(ns, contender.openNs), nowNs()),
    );
    this.#shop = shop;
    if (shape.open) this.#pacer = await Pacer.open(plan.contenders, this.#ending, (error) => this.#lost(error));
    port.say({ kind: 'ready', clientOptions: toldOptions(task, opened, design) });
    await new Promise<void>((resolve) => this.#started.onCancel(resolve));

    const missed = await this.#contend(shop, shape);
    const used = this.#usage!();
    const [openNs, closeNs] = [shop.control.window[windowAt.openNs], shop.control.window[windowAt.closeNs]];
    for (const missedMs of missed(closeNs / 1e6)) if (missedMs * 1e6 >= openNs) shop.tally.missed(missedMs * 1e6);
    const backlog = session.backlog();
    const unsettled = await settle(session);
    const report = { ...this.#report(shop, opened), ...used, backlog, unsettled };
    shop.resource.close();
    await this.#pacer?.close();
    await closeSession(session, opened);
    const end = await shop.writer.close();
    port.say({ kind: 'done', report: { ...report, ...end, ...this.#traced(end) }, figures: port.figures() });
  }

  /** What was under way there is neither done nor not done: this worker is of no use any more. */
  #lost(error: Error): void {
    this.port.say({ kind: 'failed', error: errorData(error) });
    this.#ending.cancel();
    this.#cancel.cancel();
  }

  /** Until all contenders have ended. Returns what tells the arrivals that nobody took. */
  async #contend(shop: Shop, shape: LoadShape): Promise<(untilMs: number) => readonly number[]> {
    const { task } = this;
    const { plan, index } = task;
    const startMs = nowMs();
    const oneSchedule = shape.open ? shape.arrivals(loadSpec(task, startMs, 'arrivals')) : null;
    const until = this.#pacer === null ? byTimers(shop.ending) : (ms: number) => this.#pacer!.until(ms);
    for (let i = 0; i < plan.contenders; i += 1) {
      const arrivals = oneSchedule ?? shape.arrivals(loadSpec(task, startMs, `arrivals ${i}`));
      const nextKey = keyChooser(plan.keyChoice, plan.keys, randomOf(task, `keys ${i}`));
      this.#contenders.push(
        new Contender(shop, index * plan.contenders + i, { arrivals, open: shape.open, until }, nextKey),
      );
    }
    this.#usage = watchThread(shop.control.window, this.#pacer?.threadId ?? null);
    await this.#allEnded(shop.tally);
    return (untilMs) => oneSchedule?.missed(untilMs) ?? [];
  }

  /** A design that never answers some contender is told, and does not take what is known of the others along. */
  async #allEnded(tally: Tally): Promise<void> {
    const hanging = new Set(this.#contenders);
    const all = Promise.all(
      this.#contenders.map((contender) => contender.run().finally(() => void hanging.delete(contender))),
    );
    const patience = new Promise<void>((resolve) => this.#cancel.onCancel(() => void limit(hungMs).then(resolve)));
    await Promise.race([all, patience]);
    if (hanging.size > 0) tally.hung(hanging.size, hungMs);
    for (const contender of hanging) contender.abandon();
  }

  #report(shop: Shop, opened: OpenedEngine): Pick<WorkerReport, Exclude<keyof WorkerReport, Late>> {
    const { commands, roundTrips } = opened.meter;
    return {
      errors: shop.tally.errors,
      believed: shop.believed,
      waits: shop.waits.list(),
      commands,
      roundTrips,
      nodeFailures: opened.failures(),
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
      ...this.#report(shop, this.#opened!),
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

/** Coarse, as thinking is. */
function byTimers(ending: Cancel): (ms: number) => Promise<void> {
  return (ms) => sleepAbout(Math.max(0, ms - nowMs()), ending);
}

/** What is known only when the connections are closed. */
type Late = keyof ThreadUsage | keyof WriterEnd | 'backlog' | 'unsettled';

/** What a design is given: the engine itself, or, where a trace is kept and there is a way to listen, the engine overheard. */
function overheard(opened: OpenedEngine, recorder: FlightRecorder | null): Engines[EngineName] {
  return recorder !== null && opened.name === 'redis' ? recorder.wrap(opened.engine) : opened.engine;
}

function toldOptions(
  { endpoints, strategy }: WorkerTask,
  { options }: OpenedEngine,
  { library }: LockStrategy,
): Readonly<Record<string, unknown>> {
  // Deadlines of commands are ours, not the libraries': each strategy sets its own.
  const commandTimeoutMs = strategy.options.nodeTimeout ?? strategy.options.timeout ?? null;
  return endpoints.length === 0 ? {} : { ...options, ...publishedAs(library), connectTimeoutMs, commandTimeoutMs };
}
