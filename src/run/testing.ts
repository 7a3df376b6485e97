/** For the tests of this folder: one round's workers on servers of their own, to be struck at will. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Counters, FaultContenders, GrantRows, Plan, TraceStep } from '../contract/index.js';
import { nowNs } from '../base/clock.js';
import { seededRandom } from '../base/random.js';
import { openCatalogue, type RawOptions } from '../plan/catalogue.js';
import { resolvePlan } from '../plan/resolve.js';
import { isPath, parseStrategies } from '../plan/strategy-text.js';
import { sumCounters } from '../record/counters.js';
import { allocateShared, controlOf, workerColumns } from '../record/shared.js';
import { chunkFile, chunkFiles } from '../record/store.js';
import { readAll } from '../record/testing.js';
import { readTrace, traceFile } from '../record/trace.js';
import { Hosts, type Provisioned } from '../servers/provision.js';
import type { WorkerReport } from '../worker/protocol.js';
import { Crew } from './crew.js';
import { enlist } from './enlist.js';
import { noServers } from './no-servers.js';
import { contenders } from './tripwires.js';

export async function planOf(raw: RawOptions): Promise<Plan> {
  const paths = parseStrategies(raw['strategy'] ?? '')
    .map(({ name }) => name)
    .filter(isPath);
  return resolvePlan({ warmup: '0', ...raw }, await openCatalogue(paths), [], 7);
}

export interface Ended {
  readonly reports: readonly (WorkerReport | string)[];
  readonly counters: Counters;
  readonly rows: GrantRows;
  readonly trace: readonly TraceStep[];
}

export interface TestRun {
  readonly plan: Plan;
  readonly servers: Provisioned;
  readonly crew: Crew;
  readonly contenders: FaultContenders;
  readonly incidents: readonly string[];
  /** Ends the load and reads what it left. */
  end(): Promise<Ended>;
  close(): Promise<void>;
}

/** Under way when it resolves. Its resource is memory, even in processes, which then have one each. */
export async function startRun(raw: RawOptions): Promise<TestRun> {
  const plan = { ...(await planOf(raw)), resource: 'memory' } as const;
  const [strategy] = plan.strategies;
  const folder = mkdtempSync(join(tmpdir(), 'lockbench-crew-'));
  const { image, persistence, keyPrefix } = plan;
  const hosts = new Hosts({ kind: 'auto', image, persistence, keyPrefix, external: [], addresses: {} });
  const servers: Provisioned =
    strategy.topology.kind === 'none'
      ? noServers
      : await (await hosts.of(strategy.engine)).provision(strategy.topology);
  const shared = allocateShared(plan);
  const openNs = nowNs();
  controlOf(shared).window.set([openNs, openNs + plan.durationMs * 1e6, openNs]);
  const tasks = Array.from({ length: plan.workers }, (_, index) => ({
    index,
    plan,
    strategy,
    endpoints: servers.endpoints,
    shared,
    historyFile: chunkFile(folder, index),
    traceFile: traceFile(folder, index),
    resource: null,
    round: 1,
  }));
  const incidents: string[] = [];
  const crew = new Crew(tasks, enlist(plan, strategy), (text) => incidents.push(text));
  const close = async (): Promise<void> => {
    await crew.dismiss();
    await servers.stop();
    await hosts.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await crew.ready();
  } catch (error) {
    await close();
    throw error;
  }
  crew.go([openNs, openNs + plan.durationMs * 1e6]);
  return {
    plan,
    servers,
    crew,
    contenders: contenders(crew)(seededRandom(plan.seed, 'test')),
    incidents,
    end: async () => {
      const reports = await crew.stop();
      const { rows } = readAll(chunkFiles(folder));
      const counters = sumCounters(shared.workers.map((one) => workerColumns(one).all));
      return { reports, counters, rows, trace: readTrace(folder) };
    },
    close,
  };
}
