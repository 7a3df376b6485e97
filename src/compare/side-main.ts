/**
 * One side of a pair, in a process of its own: opens the design once, runs a slice when told, and does nothing in between.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { LockbenchError, type LockStrategy } from '../contract/index.js';
import { after, nowMs } from '../base/clock.js';
import { publishedAs } from '../base/packages.js';
import { loadPlugin, loadPluginFile } from '../base/plugins.js';
import { seededRandom, tokenSource } from '../base/random.js';
import { sleep } from '../base/sleep.js';
import { threadTimes } from '../base/thread-times.js';
import { openEngine } from '../clients/engine.js';
import { retryPolicy } from '../kit/retry.js';
import { addHistogram, emptyHistogram } from '../record/histogram.js';
import { summariseLatency } from '../stats/latency.js';
import { keyChooser } from '../worker/keys.js';
import { openSession } from '../worker/session.js';
import { ClosedLoop, medianUs, type LoopParts } from './closed-loop.js';
import { serve } from './servant.js';
import type { SideAnswer, SideOrder, SideSpec, SideTotals, SliceFigures, SliceOrder } from './protocol.js';

const connectTimeoutMs = 1000;
const readyWaitMs = 5000;
/** What the probe of the event loop adds to each delay that it reports. */
const probeMs = 10;

let parts: LoopParts | null = null;
const cycleNs = emptyHistogram();
const acquireNs = emptyHistogram();

async function open(spec: SideSpec): Promise<SideAnswer> {
  const { strategy, endpoints } = spec;
  const design =
    strategy.file === null
      ? await loadPlugin<LockStrategy>('strategy', strategy.name)
      : await loadPluginFile<LockStrategy>('strategy', strategy.file);
  const settings = { connectTimeoutMs, readyWaitMs, scripts: design.scripts ?? [] };
  const opened = await openEngine(strategy, endpoints, settings);
  if (!opened.isUp())
    throw new LockbenchError('SERVER_FAILED', `no connection to every server within ${readyWaitMs / 1000} s`);
  const session = await openSession(design, strategy, opened.engine, {
    nowMs,
    after,
    sleep,
    random: seededRandom(spec.seed, `${spec.stream}, strategy`),
    token: tokenSource(),
    retry: retryPolicy(strategy.retry),
  });
  parts = { session, meter: opened.meter, spec, nextKey: keysOf(spec) };
  return {
    kind: 'opened',
    clientOptions: endpoints.length === 0 ? {} : { ...opened.options, ...publishedAs(design.library) },
  };
}

function keysOf({ contenders, keys, keyChoice, seed, stream }: SideSpec): (() => number)[] {
  return Array.from({ length: contenders }, (_, id) =>
    keys === null ? () => id : keyChooser(keyChoice, keys, seededRandom(seed, `${stream}, keys ${id}`)),
  );
}

async function run(order: SliceOrder): Promise<SliceFigures> {
  const loop = new ClosedLoop(parts!);
  const probe = monitorEventLoopDelay({ resolution: probeMs });
  const before = threadTimes();
  probe.enable();
  const figures = await loop.run(order);
  probe.disable();
  const times = threadTimes();
  if (order.kept) {
    addHistogram(cycleNs, loop.cycleNs);
    addHistogram(acquireNs, loop.acquireNs);
  }
  return {
    ...figures,
    loopDelayMs: probe.count === 0 ? 0 : Math.max(0, probe.max / 1e6 - probeMs),
    queuedMs: before === null || times === null ? null : (times.queuedNs - before.queuedNs) / 1e6,
  };
}

function totals(): SideTotals {
  const cycle = summariseLatency(cycleNs);
  const acquire = summariseLatency(acquireNs);
  return {
    cycles: cycle.count,
    cycleP50Us: medianUs(cycleNs),
    cycleP99Us: cycle.p99,
    acquireP50Us: medianUs(acquireNs),
    acquireP99Us: acquire.p99,
  };
}

async function obey(order: SideOrder): Promise<SideAnswer> {
  switch (order.kind) {
    case 'open':
      return open(order.spec);
    case 'run':
      return { kind: 'ran', figures: await run(order.order) };
    case 'totals':
      return { kind: 'totals', totals: totals() };
  }
}

serve(obey);
