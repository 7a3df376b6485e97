/**
 * One slice of one contestant's process: contenders of a worker as in any run, with all that a run records, between a common
 * start and the close of the window; then as in a run until the operations of the sample have ended. Nothing of them is left
 * when it has settled.
 */
import type { LoadShape, LockSession } from '../../src/contract/index.js';
import { CancelSource } from '../../src/base/cancel.js';
import { delay, limit, nowMs, nowNs } from '../../src/base/clock.js';
import { loadPlugin } from '../../src/base/plugins.js';
import { sleepAbout } from '../../src/base/sleep.js';
import { sumCounters } from '../../src/record/counters.js';
import { quantileNs } from '../../src/record/histogram.js';
import { allocateShared, liveAt } from '../../src/record/shared.js';
import { Contender } from '../../src/worker/contender.js';
import { Pacer } from '../../src/worker/pacer.js';
import { blockThread } from '../../src/worker/port.js';
import type { WorkerTask } from '../../src/worker/protocol.js';
import { openResource } from '../../src/worker/resource-use.js';
import { settle } from '../../src/worker/session.js';
import { loadSpec, openShop, type Shop } from '../../src/worker/shop.js';
import { Triggers } from '../../src/worker/triggers.js';
import { keptLatencies, type LatencyCounts, type RunnerSpec, type SliceOrder, type SliceReport } from './protocol.js';

/** How long operations of the sample may go on after the close, as in a run. */
const drainMs = 2000;
/** After the word to stop: what has not settled then, never will. */
const hungMs = 6000;

export interface RanSlice {
  readonly report: SliceReport;
  readonly latencies: LatencyCounts;
}

export async function runSlice(spec: RunnerSpec, session: LockSession, order: SliceOrder): Promise<RanSlice> {
  const task = taskOf(spec, order);
  const { plan } = task;
  const ending = new CancelSource();
  const cancel = new CancelSource();
  const triggers = new Triggers(String, { sayNow: () => {}, standStill: blockThread }, null, () => {});
  const resource = await openResource(task, () => {});
  const contenders: Contender[] = [];
  const shop = await openShop(task, { session, resource, triggers, recorder: null, ending, cancel }, () =>
    contenders.reduce((ns, { openNs }) => Math.min(ns, openNs), nowNs()),
  );
  shop.control.window.set([...order.windowNs, order.startNs]);
  const shape = await loadPlugin<LoadShape>('load shape', plan.load);
  const pacer = shape.open ? await Pacer.open(plan.contenders, ending, () => {}) : null;
  const until = (ms: number): Promise<void> => pacer?.until(ms) ?? sleepAbout(Math.max(0, ms - nowMs()), ending);
  await delay(Math.max(0, (order.startNs - nowNs()) / 1e6));
  const startMs = nowMs();
  const oneSchedule = shape.open ? shape.arrivals(loadSpec(task, startMs, 'arrivals')) : null;
  for (let i = 0; i < plan.contenders; i += 1) {
    const arrivals = oneSchedule ?? shape.arrivals(loadSpec(task, startMs, `arrivals ${i}`));
    const id = spec.index * plan.contenders + i;
    const key = order.load.keys === 'own' ? id : 0;
    contenders.push(new Contender(shop, id, { arrivals, open: shape.open, until }, () => key));
  }
  const before = process.cpuUsage();
  const hanging = new Set(contenders);
  const all = Promise.all(contenders.map((one) => one.run().finally(() => hanging.delete(one))));
  await drained(shop, shape.open);
  ending.cancel();
  cancel.cancel();
  await Promise.race([all, limit(hungMs)]);
  await pacer?.close();
  for (const ms of oneSchedule?.missed(order.windowNs[1] / 1e6) ?? [])
    if (ms * 1e6 >= order.windowNs[0]) shop.tally.missed(ms * 1e6);
  if (hanging.size > 0) {
    shop.tally.hung(hanging.size, hungMs);
    for (const one of hanging) one.abandon();
  }
  const unsettled = await settle(session);
  // Threads that have ended count in it, too.
  const { user, system } = process.cpuUsage(before);
  const { trouble } = await shop.writer.close();
  const { measured, live, histograms } = shop.columns;
  const p50Ns = quantileNs(histograms.service, 0.5);
  return {
    report: {
      counters: sumCounters([measured]),
      startedInWindow: live[liveAt.startedInWindow],
      acquireP50Us: p50Ns === null ? null : p50Ns / 1000,
      errors: shop.tally.errors,
      errorSamples: [...shop.tally.errorSamples.values()],
      cpuNs: (user + system) * 1000,
      unsettled,
      trouble,
    },
    latencies: Object.fromEntries(keptLatencies.map((name) => [name, histograms[name]])) as unknown as LatencyCounts,
  };
}

function taskOf({ plan, strategy, endpoints, index, file }: RunnerSpec, { load, number }: SliceOrder): WorkerTask {
  const sliced = {
    ...plan,
    // A key that was left behind in an earlier slice must not stand in the way.
    keyPrefix: `${plan.keyPrefix}${number}:`,
    contenders: load.contenders,
    keys: load.keys === 'own' ? load.contenders * plan.workers : 1,
    thinkMs: load.thinkMs,
    load: load.rateHz === null ? 'closed' : 'rate',
    rateHz: load.rateHz,
  };
  return {
    index,
    plan: sliced,
    strategy,
    endpoints,
    shared: allocateShared({ ...sliced, workers: plan.workers }),
    historyFile: file,
    resource: null,
    traceFile: null,
    round: number,
  };
}

/** Until the window is closed and every operation of the sample has ended, or patience has. */
async function drained({ control, columns }: Shop, open: boolean): Promise<void> {
  const closeNs = control.window[1]!;
  await delay(Math.max(0, (closeNs - nowNs()) / 1e6));
  const busy = (): boolean =>
    nowNs() < closeNs || columns.live[liveAt.pending]! > 0 || (open && columns.live[liveAt.lastIntendedNs]! < closeNs);
  while (busy() && nowNs() < closeNs + drainMs * 1e6) await delay(1);
}
