/** What runs in a worker thread: connects, says that it is ready, drives its contenders, settles what is owed, reports. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  LockbenchError,
  type LoadShape,
  type LoadSpec,
  type LockSession,
  type LockStrategy,
  type StrategyEnv,
  type Workload,
} from '../contract/index.js';
import { CancelSource } from '../base/cancel.js';
import { after, delay, limit, nowMs, nowNs } from '../base/clock.js';
import { errorData } from '../base/error-data.js';
import { loadPlugin, loadPluginFile } from '../base/plugins.js';
import { seededRandom, tokenSource, type Random } from '../base/random.js';
import { sleep } from '../base/sleep.js';
import { clientOptions, openNodes, type NodeSet } from '../clients/open.js';
import { retryPolicy } from '../kit/retry.js';
import { ExclusionCells } from '../record/cell.js';
import { MemoryResource } from '../record/memory-resource.js';
import { HistoryWriter } from '../record/history-writer.js';
import { controlOf, windowAt, workerColumns } from '../record/shared.js';
import { WaitLog } from '../record/waits.js';
import { Contender, recordMissed, type ResourceUse, type Shop } from './contender.js';
import { keyChooser } from './keys.js';
import type { FromWorker, ToWorker, WorkerTask } from './protocol.js';
import { watchThread } from './watch.js';

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

const port = parentPort!;
const task = workerData as WorkerTask;
const { plan, strategy, shared, index } = task;
const started = new CancelSource();
const ending = new CancelSource();
const cancel = new CancelSource();

port.on('message', (message: ToWorker) => {
  if (message.kind === 'go') started.cancel();
  else {
    ending.cancel();
    cancel.cancel();
  }
});

async function main(): Promise<void> {
  const design =
    strategy.file === null
      ? await loadPlugin<LockStrategy>('strategy', strategy.name)
      : await loadPluginFile<LockStrategy>('strategy', strategy.file);
  const nodes = await openNodes(strategy.client, task.endpoints, {
    connectTimeoutMs,
    readyWaitMs,
    scripts: design.scripts ?? [],
  });
  const session = await opened(design, nodes);
  const shape = await loadPlugin<LoadShape>('load shape', plan.load);
  const contenders: Contender[] = [];
  const shop = await openShop(session, () =>
    contenders.reduce((ns, contender) => Math.min(ns, contender.openNs), nowNs()),
  );
  // Deadlines of commands are ours, not the libraries': each strategy sets its own.
  const timeouts = {
    connectTimeoutMs,
    commandTimeoutMs: strategy.options.nodeTimeout ?? strategy.options.timeout ?? null,
  };
  const told = task.endpoints.length === 0 ? {} : { ...clientOptions(strategy.client), ...timeouts };
  say({ kind: 'ready', clientOptions: told });
  await new Promise<void>((resolve) => started.onCancel(resolve));

  const startMs = nowMs();
  const oneSchedule = shape.open ? shape.arrivals(loadSpec(startMs, 'arrivals')) : null;
  for (let i = 0; i < plan.contenders; i += 1) {
    const arrivals = oneSchedule ?? shape.arrivals(loadSpec(startMs, `arrivals ${i}`));
    const nextKey = keyChooser(plan.keyChoice, plan.keys, random(`keys ${i}`));
    contenders.push(new Contender(shop, index * plan.contenders + i, arrivals, shape.open, nextKey));
  }
  const usage = watchThread(shop.control.window);
  await Promise.all(contenders.map((contender) => contender.run()));
  const used = usage();
  const [openNs, closeNs] = [shop.control.window[windowAt.openNs], shop.control.window[windowAt.closeNs]];
  for (const missedMs of oneSchedule?.missed(closeNs / 1e6) ?? []) {
    if (missedMs * 1e6 >= openNs) recordMissed(shop.columns, missedMs * 1e6);
  }
  const backlog = session.backlog();
  const unsettled = await settle(session);
  const { commands, roundTrips } = nodes.meter;
  const nodeFailures = nodes.failures();
  await close(session, nodes);
  const end = await shop.writer.close();
  say({
    kind: 'done',
    report: {
      errors: shop.errors,
      believed: shop.believed,
      waits: shop.waits.list(),
      backlog,
      commands,
      roundTrips,
      unsettled,
      nodeFailures,
      errorSamples: [...shop.errorSamples.values()],
      ...used,
      ...end,
    },
  });
}

/** A strategy that fails to open, or never does, is told as its own fault. */
async function opened(design: LockStrategy, nodes: NodeSet): Promise<LockSession> {
  const fault = (what: string, cause?: unknown): LockbenchError =>
    new LockbenchError('BAD_PLUGIN', `the strategy ${strategy.label} ${what}`, 'Its open() must give a session.', {
      cause,
    });
  const late = limit(openMs).then(() => {
    throw fault(`did not open within ${openMs / 1000} s`);
  });
  try {
    return await Promise.race([design.open(nodes.nodes, realEnv(), strategy.options), late]);
  } catch (error) {
    if (error instanceof LockbenchError) throw error;
    throw fault(`failed to open: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`, error);
  }
}

async function openShop(session: LockSession, lowestOpenNs: () => number): Promise<Shop> {
  return {
    plan,
    session,
    workload: await loadPlugin<Workload>('workload', plan.workload),
    openResource: () => memoryUse(new Int32Array(shared.resource)),
    cells: new ExclusionCells(shared, plan.holder === 'guarded'),
    columns: workerColumns(shared.workers[index]),
    control: controlOf(shared),
    waits: new WaitLog(),
    writer: await HistoryWriter.open(task.historyFile, index, lowestOpenNs),
    errors: {},
    errorSamples: new Map(),
    believed: Array.from({ length: plan.keys }, () => 0),
    ending,
    cancel,
  };
}

function memoryUse(cells: Int32Array): ResourceUse {
  const resource = new MemoryResource(cells);
  return {
    section(key) {
      resource.key = key;
      return resource;
    },
  };
}

/** A stream of its own for each purpose: one more draw here does not change another's. */
function random(purpose: string): Random {
  return seededRandom(plan.seed, `${strategy.label}, round ${task.round}, worker ${index}, ${purpose}`);
}

function loadSpec(startMs: number, purpose: string): LoadSpec {
  const { rateHz, thinkMs, workers } = plan;
  return { rateHz, thinkMs, workers, workerIndex: index, startMs, random: random(purpose) };
}

function realEnv(): StrategyEnv {
  return {
    nowMs,
    after,
    sleep,
    random: random('strategy'),
    token: tokenSource(),
    retry: retryPolicy(strategy.retry),
  };
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

function say(message: FromWorker): void {
  port.postMessage(message);
}

main().then(
  () => port.close(),
  (error: unknown) => {
    say({ kind: 'failed', error: errorData(error) });
    process.exit();
  },
);
