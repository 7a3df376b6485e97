/**
 * One round of one contestant on its own servers: workers ready, warm-up, measured window, drain, tear-down.
 *
 * The window is cut on the clock while all contenders keep going before and after it, so the sample never sees fewer of
 * them than planned. After its close they go on until every operation of the sample has ended, or patience has.
 */
import { CancelSource } from '../base/cancel.js';
import { nowNs } from '../base/clock.js';
import { loadStrategy } from '../base/plugins.js';
import { isStandingKey } from '../base/standing-keys.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Counters, StrategyPlan } from '../contract/index.js';
import { sumCounters } from '../record/counters.js';
import type { RoundData } from '../record/round.js';
import { allocateShared, controlAt, controlOf, windowAt, workerColumns, type SharedBuffers } from '../record/shared.js';
import { chunkFile } from '../record/store.js';
import { traceFile } from '../record/trace.js';
import type { Provisioned } from '../servers/provision.js';
import { startResource, type ResourceProcess } from '../resource/start.js';
import type { WorkerTask } from '../worker/protocol.js';
import { collect, remarks } from './collect.js';
import { Crew } from './crew.js';
import { FaultSchedule } from './fault-schedule.js';
import { measure } from './measure.js';
import type { RoundSpec } from './round-spec.js';
import { contenders } from './tripwires.js';
import { Watcher } from './watcher.js';
import { openWiring, type Wiring } from './wiring.js';

export async function runRound(spec: RoundSpec): Promise<RoundData> {
  const { plan, strategy, observer, historyFolder } = spec;
  if (plan.resource !== 'server') return roundWith(spec, null);
  const note = (text: string): void => observer.note(`${strategy.label}: ${text}`);
  const resource = await startResource(historyFolder, plan.fencing, note);
  try {
    return await roundWith(spec, resource);
  } finally {
    await resource.stop();
  }
}

async function roundWith(spec: RoundSpec, resource: ResourceProcess | null): Promise<RoundData> {
  const { plan, servers } = spec;
  const shared = allocateShared(plan);
  const { window, words } = controlOf(shared);
  window.set([Infinity, Infinity, nowNs()]);
  words[controlAt.grantsLeft] = plan.operations ?? 0;

  const incidents: string[] = [];
  const tell = (text: string): void => {
    const sinceMs = (nowNs() - window[windowAt.openNs]) / 1e6;
    incidents.push(
      Number.isFinite(sinceMs) ? `${sinceMs < 0 ? '' : '+'}${(sinceMs / 1000).toFixed(1)} s: ${text}` : text,
    );
    spec.observer.note(`${spec.strategy.label}: ${text}`);
  };
  const stopListening = servers.onIncident(tell);
  const needs = spec.faults.filter(({ name }) => plan.faults.some((fault) => fault.name === name));
  const wiring = await openWiring(
    plan,
    spec.strategy,
    servers,
    needs.map((fault) => fault.needs),
  );
  const crew = new Crew(
    tasksOf(spec, shared, resource, (worker) => wiring.endpointsOf(worker)),
    spec.recruits,
    tell,
  );
  let schedule: FaultSchedule | null = null;
  try {
    schedule = scheduleOf(spec, shared, wiring, crew);
    const clientOptions = await crew.ready();
    await schedule.prepare();
    const watcher = new Watcher(shared, spec.strategy.label, plan, spec.observer);
    const measured = await measure(spec, shared, crew, watcher, schedule);
    // Its record is whole when the workers have ended.
    const { lost } = (await resource?.stop()) ?? { lost: [] };
    spec.observer.phase(`${spec.strategy.label}: looking for what is left`);
    const keysLeft = spec.strategy.topology.kind === 'none' ? null : await keysLeftBy(spec.strategy, servers);
    const unreachable = await servers.unreachable();
    for (const text of remarks(measured.reports)) tell(text);
    return collect(
      spec,
      shared,
      { ...measured, lost: [...measured.lost, ...lost] },
      {
        keysLeft,
        unreachable,
        incidents,
        clientOptions,
        series: watcher.series,
      },
    );
  } finally {
    stopListening();
    await schedule?.end();
    await crew.dismiss();
    await wiring.close();
  }
}

/** Those that the design keeps for good are not left behind. */
async function keysLeftBy(strategy: StrategyPlan, servers: Provisioned): Promise<readonly string[]> {
  const design = await loadStrategy(strategy);
  return (await servers.keysLeft()).filter((key) => !isStandingKey(design, key));
}

function scheduleOf(spec: RoundSpec, shared: SharedBuffers, wiring: Wiring, crew: Crew): FaultSchedule {
  const { plan, strategy, round, servers } = spec;
  const columns = shared.workers.map(workerColumns);
  return new FaultSchedule(
    {
      plan,
      strategy,
      round,
      servers,
      wiring,
      contendersFor: contenders(crew),
      attempts: () => attemptsOf(sumCounters(columns.map(({ all }) => all))),
      ending: new CancelSource(),
    },
    spec.faults,
    spec.observer,
  );
}

function attemptsOf(counters: Counters): { begun: number; underWay: number } {
  const { attempts, grants, busy, tooLate, unreachable, cancelled, unknown, errors } = counters;
  return {
    begun: attempts,
    underWay: attempts - grants - busy - tooLate - unreachable - cancelled - unknown - errors,
  };
}

function tasksOf(
  { plan, strategy, round, historyFolder }: RoundSpec,
  shared: SharedBuffers,
  resource: ResourceProcess | null,
  endpointsOf: (worker: number) => readonly NodeEndpoint[],
): WorkerTask[] {
  return Array.from({ length: plan.workers }, (_, index) => ({
    index,
    plan,
    strategy,
    endpoints: endpointsOf(index),
    shared,
    historyFile: chunkFile(historyFolder, index),
    resource: resource?.address ?? null,
    traceFile: plan.faults.length > 0 ? traceFile(historyFolder, index) : null,
    round,
  }));
}
