/** The world that the faults of one round act upon: its servers, the ways to them, its contenders. */
import {
  LockbenchError,
  type Caught,
  type Fault,
  type FaultContenders,
  type FaultLab,
  type FaultLink,
  type FaultPlan,
  type FaultServer,
  type Plan,
  type StrategyPlan,
} from '../contract/index.js';
import { delay, nowMs } from '../base/clock.js';
import type { CancelSource } from '../base/cancel.js';
import { seededRandom, shuffled } from '../base/random.js';
import { sleep } from '../base/sleep.js';
import { persistenceOf } from '../faults/persistence.js';
import { targetOf, type Target } from '../faults/targets.js';
import type { Provisioned } from '../servers/provision.js';
import { Undo } from './undo.js';
import type { Wiring } from './wiring.js';

export interface World {
  readonly plan: Plan;
  readonly strategy: StrategyPlan;
  readonly round: number;
  readonly servers: Provisioned;
  readonly wiring: Wiring;
  /** Whom a fault strikes is drawn from a stream of its own. */
  readonly contendersFor: (random: () => number) => FaultContenders;
  readonly attempts: FaultLab['attempts'];
  /** Cancelled when the window closes. */
  readonly ending: CancelSource;
}

/** Of a lease: so long a strike needs to show. */
const leaseToShow = 1.2;
const lookMs = 10;

export interface Aimed {
  readonly fault: Fault;
  readonly plan: FaultPlan;
  /** Now: who leads the others may be somebody else than a moment ago. Rejects when a leader is meant and there is none. */
  site(patienceMs: number, leftMs: number): Promise<Site>;
}

/** A lab, and what its fault left behind in it. */
export interface Site {
  readonly lab: FaultLab;
  readonly undo: Undo;
  /** The holder that was kept inside last, on the clock of `nowMs`; `untilMs` null while it is. */
  kept(): { readonly name: string; readonly fromMs: number; readonly untilMs: number | null } | null;
}

/** One lab for each fault of the plan, in its order: no two of them are aimed at one server. */
export function openLabs(world: World, faults: readonly Fault[]): Aimed[] {
  const { plan, strategy, round, servers } = world;
  const targets = new Map<FaultPlan, Target['servers']>();
  const drawn = (): readonly (readonly [FaultPlan, readonly number[]])[] =>
    [...targets].map(([fault, servers]) => [fault, servers === 'leader' ? [] : servers]);
  const taken = (): Set<number> => new Set(drawn().flatMap(([, indices]) => indices));
  return plan.faults.flatMap((fault, i) => {
    const random = (what: string): (() => number) =>
      seededRandom(plan.seed, `${strategy.label}, round ${round}, fault ${i} ${fault.text}, ${what}`);
    const kind = faults.find(({ name }) => name === fault.name)!;
    if (kind.hits !== 'contender' && strategy.topology.kind === 'none') return [];
    const serverless = kind.hits === 'contender' || kind.hits === 'replication';
    const target = serverless
      ? { servers: [], clients: null }
      : targetOf(fault.target, strategy.topology, taken(), (indices) => shuffled(indices, random('targets')));
    if ('wrong' in target) throw new LockbenchError('BAD_PLAN', `--fault ${fault.text}: expected ${target.wrong}`);
    targets.set(fault, target.servers);
    const one = (target.clients ?? kind.clients) === 'one';
    const workers = one
      ? [Math.floor(random('client')() * plan.workers)]
      : Array.from({ length: plan.workers }, (_, worker) => worker);
    const spared = (): FaultServer[] =>
      drawn().flatMap(([other, indices]) => (other === fault ? [] : indices.map((at) => servers.controls[at])));
    return {
      fault: kind,
      plan: fault,
      async site(patienceMs, leftMs) {
        const aimedAt = target.servers === 'leader' ? [await leaderOf(servers, patienceMs)] : target.servers;
        return siteOf(world, fault, { targets: aimedAt, workers, spared }, random, patienceMs, leftMs);
      },
    };
  });
}

/** Another fault may have made them elect one. */
async function leaderOf(servers: Provisioned, patienceMs: number): Promise<number> {
  const untilMs = nowMs() + patienceMs;
  for (;;) {
    const leader = await servers.leader();
    if (leader !== null) return leader;
    if (nowMs() >= untilMs) throw new Error('no server says that it leads the others');
    await delay(lookMs);
  }
}

interface Aim {
  readonly targets: readonly number[];
  readonly workers: readonly number[];
  spared(): readonly FaultServer[];
}

function siteOf(
  { plan, strategy, servers, wiring, contendersFor, attempts, ending }: World,
  fault: FaultPlan,
  { targets, workers, spared }: Aim,
  random: (what: string) => () => number,
  patienceMs: number,
  leftMs: number,
): Site {
  const { controls } = servers;
  const undo = new Undo();
  let kept: ReturnType<Site['kept']> = null;
  const contenders = contendersFor(random('who is struck'));
  const catchOne = async (...[event, nth, action, patience]: CatchArgs): Promise<Caught | null> => {
    const caught = await catchAnybody(contenders, event, nth, action, patience);
    if (caught === null || action.kind !== 'keep-inside') return caught;
    const keeping = { name: caught.name, fromMs: nowMs(), untilMs: null };
    kept = keeping;
    void caught.over.then(() => {
      if (kept === keeping) kept = { ...keeping, untilMs: nowMs() };
    });
    return caught;
  };
  const lab: FaultLab = {
    fault,
    topology: strategy.topology,
    claims: strategy.claims,
    ttlMs: plan.ttlMs,
    persistence: persistenceOf(strategy.engine, plan.persistence),
    keyPrefix: plan.keyPrefix,
    patienceMs,
    aimPatienceMs: Math.max(patienceMs, leftMs - plan.ttlMs * leaseToShow),
    servers: controls,
    targets: targets.map((index) => controls[index]),
    spared: spared(),
    onHeal: (step) => undo.add(step),
    sentinels: servers.sentinels,
    links: (to, whose) =>
      Array.from({ length: plan.workers }, (_, worker) => worker)
        .filter((worker) => workers.includes(worker) === (whose === undefined))
        .flatMap((worker) => to.map((server) => present(wiring.link(worker, server.index)))),
    movePrimary: (to) => wiring.movePrimary(to.index),
    follow: async (replica, leader) => {
      const { host, port } = servers.endpoints[leader.index];
      await replica.call('REPLICAOF', host, port);
    },
    replicationLink: (replica: FaultServer) => present(wiring.replicationLink(replica.index)),
    contenders: { ...contenders, catch: catchOne },
    attempts,
    nowMs,
    sleep: (ms) => sleep(ms, ending),
    random: random('chance'),
  };
  return { lab, undo, kept: () => kept };
}

type CatchArgs = Parameters<FaultContenders['catch']>;

/** Who is drawn may be the one that a partition keeps from the lock, or dead: after a while somebody else is. */
const draws = 4;
const leastMs = 150;

async function catchAnybody(
  contenders: FaultContenders,
  ...[event, nth, action, patienceMs]: CatchArgs
): Promise<Caught | null> {
  const times = nth === 1 ? Math.max(1, Math.min(draws, Math.floor(patienceMs / leastMs))) : 1;
  for (let i = 0; i < times; i += 1) {
    const caught = await contenders.catch(event, nth, action, patienceMs / times);
    if (caught !== null) return caught;
  }
  return null;
}

function present(link: FaultLink | null): FaultLink {
  if (link !== null) return link;
  throw new LockbenchError('INTERNAL', 'this way has no relay: the fault does not say that it needs one');
}
