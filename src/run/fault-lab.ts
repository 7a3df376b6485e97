/** The world that the faults of one round act upon: its servers, the ways to them, its contenders. */
import {
  LockbenchError,
  type Fault,
  type FaultContenders,
  type FaultLab,
  type FaultLink,
  type FaultPlan,
  type FaultServer,
  type Plan,
  type StrategyPlan,
} from '../contract/index.js';
import { nowMs } from '../base/clock.js';
import type { CancelSource } from '../base/cancel.js';
import { seededRandom, shuffled } from '../base/random.js';
import { sleep } from '../base/sleep.js';
import { targetOf } from '../faults/targets.js';
import type { Provisioned } from '../servers/provision.js';
import type { Wiring } from './wiring.js';

export interface World {
  readonly plan: Plan;
  readonly strategy: StrategyPlan;
  readonly round: number;
  readonly servers: Provisioned;
  readonly wiring: Wiring;
  readonly contenders: FaultContenders;
  readonly attempts: FaultLab['attempts'];
  /** Cancelled when the window closes. */
  readonly ending: CancelSource;
}

export interface Aimed {
  readonly fault: Fault;
  readonly plan: FaultPlan;
  readonly lab: (patienceMs: number) => FaultLab;
}

/** One lab for each fault of the plan, in its order: no two of them are aimed at one server. */
export function openLabs(world: World, faults: readonly Fault[]): Aimed[] {
  const { plan, strategy, round } = world;
  const taken = new Set<number>();
  return plan.faults.flatMap((fault, i) => {
    const random = seededRandom(plan.seed, `${strategy.label}, round ${round}, fault ${i} ${fault.text}`);
    const kind = faults.find(({ name }) => name === fault.name)!;
    if (kind.hits !== 'contender' && strategy.topology.kind === 'none') return [];
    const serverless = kind.hits === 'contender' || kind.hits === 'replication';
    const target = serverless
      ? { servers: [], clients: null }
      : targetOf(fault.target, strategy.topology, taken, (indices) => shuffled(indices, random));
    if ('wrong' in target) throw new LockbenchError('BAD_PLAN', `--fault ${fault.text}: expected ${target.wrong}`);
    for (const index of target.servers) taken.add(index);
    const one = (target.clients ?? kind.clients) === 'one';
    const workers = one
      ? [Math.floor(random() * plan.workers)]
      : Array.from({ length: plan.workers }, (_, worker) => worker);
    return {
      fault: kind,
      plan: fault,
      lab: (patienceMs) => labOf(world, fault, target.servers, workers, random, patienceMs),
    };
  });
}

function labOf(
  { plan, strategy, servers, wiring, contenders, attempts, ending }: World,
  fault: FaultPlan,
  targets: readonly number[],
  workers: readonly number[],
  random: () => number,
  patienceMs: number,
): FaultLab {
  const { controls } = servers;
  return {
    fault,
    topology: strategy.topology,
    claims: strategy.claims,
    ttlMs: plan.ttlMs,
    keyPrefix: plan.keyPrefix,
    patienceMs,
    servers: controls,
    targets: targets.map((index) => controls[index]),
    links: (to) => workers.flatMap((worker) => to.map((server) => present(wiring.link(worker, server.index)))),
    movePrimary: (to) => wiring.movePrimary(to.index),
    follow: async (replica, leader) => {
      const { host, port } = servers.endpoints[leader.index];
      await replica.call('REPLICAOF', host, port);
    },
    replicationLink: (replica: FaultServer) => present(wiring.replicationLink(replica.index)),
    contenders: { ...contenders, catch: anybody(contenders) },
    attempts,
    nowMs,
    sleep: (ms) => sleep(ms, ending),
    random,
  };
}

/** Who is drawn may be the one that a partition keeps from the lock, or dead: after a while somebody else is. */
const draws = 4;

function anybody(contenders: FaultContenders): FaultContenders['catch'] {
  return async (event, nth, action, patienceMs) => {
    const times = nth === 1 ? draws : 1;
    for (let i = 0; i < times; i += 1) {
      const caught = await contenders.catch(event, nth, action, patienceMs / times);
      if (caught !== null) return caught;
    }
    return null;
  };
}

function present(link: FaultLink | null): FaultLink {
  if (link !== null) return link;
  throw new LockbenchError('INTERNAL', 'this way has no relay: the fault does not say that it needs one');
}
