/** For tests of what the kit does in virtual time: a cluster, and ways to let time pass in it. */
import { loadPlugin } from '../base/plugins.js';
import type { AcquireOutcome, Grant, LockStrategy } from '../contract/index.js';
import { Cluster } from './cluster.js';
import { optionsOf } from './drive.js';
import type { Scenario } from './scenario.js';

export async function openCluster(name: string, scenario: Scenario): Promise<Cluster> {
  const strategy = await loadPlugin<LockStrategy>('strategy', name);
  return Cluster.open(strategy, optionsOf(strategy), scenario, 1, true);
}

/** Runs the world until `work` is done. */
export async function settled<T>({ world }: Cluster, work: Promise<T>): Promise<T> {
  let done = false;
  void work.finally(() => (done = true));
  await world.run(() => done);
  return work;
}

export function passed(cluster: Cluster, ms: number): Promise<void> {
  return settled(cluster, new Promise<void>((resolve) => cluster.world.after(ms, resolve)));
}

export function granted(outcome: AcquireOutcome): Grant {
  if (outcome.kind !== 'granted') throw new Error(`it was told ${outcome.kind}`);
  return outcome.grant;
}
