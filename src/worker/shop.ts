/** What the contenders of one worker share, and where it comes from. */
import type { AcquireRequest, Cancel, LockSession, Plan, StrategyEnv, LoadSpec, Workload } from '../contract/index.js';
import { after, nowMs } from '../base/clock.js';
import { loadPlugin } from '../base/plugins.js';
import { seededRandom, tokenSource, type Random } from '../base/random.js';
import { sleep } from '../base/sleep.js';
import { retryPolicy } from '../kit/retry.js';
import { ExclusionCells } from '../record/cell.js';
import { HistoryWriter } from '../record/history-writer.js';
import { controlOf, workerColumns, type Control, type WorkerColumns } from '../record/shared.js';
import { WaitLog } from '../record/waits.js';
import type { FlightRecorder } from './flight-recorder.js';
import { keyNames } from './keys.js';
import type { WorkerTask } from './protocol.js';
import type { ResourceDoor } from './resource-use.js';
import { Tally } from './tally.js';
import type { Triggers } from './triggers.js';

export interface Shop {
  readonly plan: Plan;
  /** Of a key of the run: the lock's name. */
  readonly nameOf: (key: number) => string;
  /** The same for every acquire. */
  readonly request: AcquireRequest;
  readonly session: LockSession;
  readonly workload: Workload;
  readonly resource: ResourceDoor;
  readonly cells: ExclusionCells;
  readonly columns: WorkerColumns;
  readonly control: Control;
  readonly tally: Tally;
  readonly waits: WaitLog;
  readonly writer: HistoryWriter;
  readonly triggers: Triggers;
  /** Null in runs without faults. */
  readonly recorder: FlightRecorder | null;
  readonly believed: number[];
  /** Of one lease, where the design has no limit of its own. */
  readonly maxExtensions: number;
  /** No new cycles; ends think times. */
  readonly ending: Cancel;
  /** Ends waits and sections too. */
  readonly cancel: Cancel;
}

type Given = Pick<Shop, 'session' | 'resource' | 'triggers' | 'recorder' | 'ending' | 'cancel'>;

export async function openShop(task: WorkerTask, given: Given, lowestOpenNs: () => number): Promise<Shop> {
  const { plan, shared, index } = task;
  const { ttlMs, waitMs } = plan;
  const columns = workerColumns(shared.workers[index]);
  const control = controlOf(shared);
  const { session, resource, triggers, recorder, ending, cancel } = given;
  // Named one by one: what is spread into an object gives it a shape of its own after some times, and contenders are compiled for one.
  return {
    plan,
    session,
    resource,
    triggers,
    recorder,
    ending,
    cancel,
    nameOf: keyNames(plan.keyPrefix),
    request: { ttlMs, waitMs, cancel },
    workload: await loadPlugin<Workload>('workload', plan.workload),
    cells: new ExclusionCells(shared, plan.holder === 'guarded'),
    columns,
    control,
    tally: new Tally(plan, columns, control),
    waits: new WaitLog(),
    writer: await HistoryWriter.open(task.historyFile, index, lowestOpenNs),
    maxExtensions: typeof task.strategy.options['maxExtensions'] === 'number' ? Infinity : plan.maxExtensions,
    believed: Array.from({ length: plan.keys }, () => 0),
  };
}

/** A stream of its own for each purpose: one more draw here does not change another's. */
export function randomOf({ plan, strategy, round, index }: WorkerTask, purpose: string): Random {
  return seededRandom(plan.seed, `${strategy.label}, round ${round}, worker ${index}, ${purpose}`);
}

export function loadSpec(task: WorkerTask, startMs: number, purpose: string): LoadSpec {
  const { rateHz, thinkMs, workers } = task.plan;
  return { rateHz, thinkMs, workers, workerIndex: task.index, startMs, random: randomOf(task, purpose) };
}

export function realEnv(task: WorkerTask): StrategyEnv {
  return {
    nowMs,
    after,
    sleep,
    random: randomOf(task, 'strategy'),
    token: tokenSource(),
    retry: retryPolicy(task.strategy.retry),
  };
}
