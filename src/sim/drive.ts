/**
 * Runs a lock design in a simulated world: contenders loop until the time is up, then all faults end, the sessions settle,
 * and what is left on the nodes is looked at before any TTL could have cleaned it. The history is judged by the checks
 * that judge real runs.
 */
import { LockbenchError, type CheckContext, type History, type LockStrategy, type Options } from '../contract/index.js';
import { CancelSource } from '../base/cancel.js';
import counter from '../workloads/counter.js';
import { Cluster, topologyFor } from './cluster.js';
import { SimContender } from './contender.js';
import { arrivals, Recorder } from './recorder.js';
import type { Scenario } from './scenario.js';

export interface SimOutcome {
  readonly history: History;
  /** The same with what a resource would have seen of the tokens, in place of the counter. */
  readonly tokens: History;
  readonly context: CheckContext;
  /** Empty unless asked for; the same seed gives it afterwards. */
  readonly trace: readonly string[];
  readonly hash: string;
  readonly events: number;
  /** False: nothing was left to happen, and some acquire or release had still not been answered. */
  readonly settled: boolean;
  /** False: with every node connected, a session did not come to rest, or did and still owed. */
  readonly quiet: boolean;
}

/** Every option that `given` does not set at its default. */
export function optionsOf({ options }: LockStrategy, given: Options = {}): Options {
  return { ...Object.fromEntries(Object.entries(options).map(([name, field]) => [name, field.default])), ...given };
}

export async function simulate(
  strategy: LockStrategy,
  given: Options,
  scenario: Scenario,
  seed: number,
  tracing = false,
): Promise<SimOutcome> {
  const options = optionsOf(strategy, given);
  const context = contextOf(strategy, options, scenario);
  const cluster = await Cluster.open(strategy, options, scenario, seed, tracing);
  const { world, workers } = cluster;
  const ending = new CancelSource();
  const recorder = new Recorder(scenario.keys);
  const contenders = workers.flatMap((worker, w) =>
    Array.from({ length: scenario.contenders }, (_, i) => {
      const id = w * scenario.contenders + i;
      return new SimContender(cluster, worker, recorder, counter, id, ending);
    }),
  );
  const startMs = world.nowMs();
  world.after(scenario.durationMs, () => {
    cluster.end();
    ending.cancel();
  });
  const settled = await world.run(allDone(contenders.map((contender) => contender.run())));
  const endMs = world.nowMs();
  const quiet = await settle(cluster);
  const keysLeft = cluster.keys(recorder.held);
  await world.run(allDone(workers.map(({ session }) => session.close())));
  const history = recorder.history(startMs, endMs, keysLeft);
  return {
    history,
    tokens: { ...history, resource: { kind: 'server', rows: arrivals(recorder.minted) } },
    context,
    trace: world.trace,
    hash: world.hash(),
    events: world.events,
    settled,
    quiet,
  };
}

/** A connection may break after the last fault, and be noticed while the session comes to rest: it owes again then. */
const maxSettleRounds = 5;

/** Everything works again, every node is connected, nothing is owed. False when that cannot be had. */
async function settle(cluster: Cluster): Promise<boolean> {
  const sessions = cluster.workers.map(({ session }) => session);
  cluster.heal();
  for (let round = 0; round < maxSettleRounds; round += 1) {
    await cluster.connected();
    if (!(await cluster.world.run(allDone(sessions.map((session) => session.quiesce()))))) return false;
    if (sessions.every((session) => session.backlog().pending === 0)) return true;
  }
  return false;
}

function contextOf(strategy: LockStrategy, options: Options, scenario: Scenario): CheckContext {
  const judgement = strategy.judge(options, topologyFor(strategy, scenario));
  if ('refused' in judgement) throw new LockbenchError('BAD_PLAN', `${strategy.name}: ${judgement.refused}`);
  return {
    claims: judgement.claims,
    holder: scenario.holder,
    ttlMs: scenario.ttlMs,
    waitMs: scenario.waitMs,
    retryMaxMs: scenario.retry.maxMs,
    harm: counter.harm,
    nodeNames: [],
    contenderNames: (contender) => `contender ${contender}`,
  };
}

/** Asked after every event. Throws what any of them threw. */
function allDone(promises: readonly Promise<void>[]): () => boolean {
  let left = promises.length;
  let failure: { readonly error: unknown } | null = null;
  for (const promise of promises) {
    promise.then(
      () => (left -= 1),
      (error: unknown) => (failure = { error }),
    );
  }
  return () => {
    if (failure !== null) throw failure.error;
    return left === 0;
  };
}
