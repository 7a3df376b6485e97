/** A process of one contestant: opens the design once, runs a slice when told, and does nothing in between. */
import { LockbenchError, type LockSession, type StrategyEnv } from '../../src/contract/index.js';
import { after, nowMs } from '../../src/base/clock.js';
import { errorData } from '../../src/base/error-data.js';
import { publishedAs } from '../../src/base/packages.js';
import { loadStrategy } from '../../src/base/plugins.js';
import { seededRandom, tokenSource } from '../../src/base/random.js';
import { sleep } from '../../src/base/sleep.js';
import { openEngine } from '../../src/clients/engine.js';
import { serve } from '../../src/compare/servant.js';
import { retryPolicy } from '../../src/kit/retry.js';
import { addHistogram, emptyHistogram } from '../../src/record/histogram.js';
import { openSession } from '../../src/worker/session.js';
import { keptLatencies, type LatencyCounts, type RunnerAnswer, type RunnerOrder, type RunnerSpec } from './protocol.js';
import { runSlice, type RanSlice } from './slice.js';

const connectTimeoutMs = 1000;
const readyWaitMs = 5000;

let opened: { readonly spec: RunnerSpec; readonly session: LockSession } | null = null;
const totals = new Map<string, LatencyCounts>();

async function open(spec: RunnerSpec): Promise<RunnerAnswer> {
  const { plan, strategy, endpoints, index } = spec;
  const design = await loadStrategy(strategy);
  const scripts = design.scripts ?? [];
  const engine = await openEngine(strategy, endpoints, { connectTimeoutMs, readyWaitMs, scripts });
  const env: StrategyEnv = {
    nowMs,
    after,
    sleep,
    random: seededRandom(plan.seed, `${strategy.label}, worker ${index}, strategy`),
    token: tokenSource(),
    retry: retryPolicy(strategy.retry),
  };
  const session = await openSession(design, strategy, engine.engine, env);
  if (!engine.isUp())
    throw new LockbenchError('SERVER_FAILED', `no connection to every server within ${readyWaitMs / 1000} s`);
  opened = { spec, session };
  return { kind: 'opened', clientOptions: { ...engine.options, ...publishedAs(design.library) } };
}

function keep(load: string, { latencies }: RanSlice): void {
  if (!totals.has(load))
    totals.set(load, Object.fromEntries(keptLatencies.map((name) => [name, emptyHistogram()])) as never);
  for (const name of keptLatencies) addHistogram(totals.get(load)![name], latencies[name]);
}

async function obey(order: RunnerOrder): Promise<RunnerAnswer> {
  switch (order.kind) {
    case 'open':
      return open(order.spec);
    case 'run': {
      const ran = await runSlice(opened!.spec, opened!.session, order.order);
      if (order.order.kept) keep(order.order.load.name, ran);
      return { kind: 'ran', report: ran.report };
    }
    case 'totals':
      return { kind: 'totals', totals };
  }
}

/** What nobody catches is told as what it is, and the end of this process. */
process.on('uncaughtException', (thrown: unknown) => {
  const reason = thrown instanceof Error ? `${thrown.constructor.name}: ${thrown.message}` : String(thrown);
  const error = errorData(new LockbenchError('BAD_PLUGIN', `it threw outside of any call: ${reason}`));
  process.send?.({ kind: 'failed', error }, undefined, undefined, () => process.exit(1));
});

serve(obey);
