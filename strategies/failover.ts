/**
 * `single` on the primary of a replicated topology. Replication is asynchronous, so a promoted replica may not know the
 * newest locks; `waitReplicas` adds WAIT, and counts too few acknowledgements as a failed acquire.
 * Source: Redis documentation, "Distributed locks with Redis", section "Why failover-based implementations are not enough".
 *
 * WAIT blocks everybody on its connection, so it goes over a borrowed one, right behind its SET. A failed acquire is
 * undone on the same connection: over another the release could overtake the SET.
 */
import type {
  Claims,
  Command,
  Judgement,
  LockSession,
  LockStrategy,
  RedisNode,
  Reply,
  StrategyEnv,
  Topology,
} from '../src/contract/index.js';
import { noCancel } from '../src/base/cancel.js';
import { compareAndDelete, compareAndExpire, evalSha, setIfAbsent, withSource } from '../src/kit/scripts.js';
import { call, callGroup, type Answer } from '../src/kit/send.js';
import { comparing, singleOptions, SingleSession, type SingleOptions, type Variation } from './single.js';

export interface FailoverOptions extends SingleOptions {
  readonly waitReplicas: string;
  readonly waitTimeout: number;
}

export function replicasNeeded(options: FailoverOptions, topology: Pick<Topology, 'replicas'>): number {
  return options.waitReplicas === 'all' ? topology.replicas : Number(options.waitReplicas);
}

/** A command and the WAIT behind it, over a connection of their own; `undo` frees what too few replicas know of. */
async function acknowledged(
  node: RedisNode,
  { timeout, waitTimeout }: FailoverOptions,
  needed: number,
  command: Command,
  undo: Command | null,
): Promise<Answer> {
  const borrowed = await node.borrow(noCancel).catch(() => null);
  if (borrowed === null)
    return { failure: { code: 'DOWN', fate: 'not-executed', message: 'no connection' }, reply: null };
  const { lane } = borrowed;
  try {
    const answer = await callGroup(
      lane,
      [command, { name: 'WAIT', args: [needed, waitTimeout] }],
      timeout + waitTimeout,
    );
    if (answer.failure !== null) {
      if (undo !== null) await call(lane, undo, timeout);
      return answer;
    }
    const [reply, replicas] = answer.reply as readonly [Reply, number];
    if (reply === null || reply === 0 || replicas >= needed) return { failure: null, reply };
    const undone = undo === null ? null : await call(lane, undo, timeout);
    const fate = undone?.failure === null ? 'not-executed' : 'maybe-executed';
    return {
      failure: { code: 'TIMEOUT', fate, message: `${replicas} of ${needed} replicas acknowledged` },
      reply: null,
    };
  } finally {
    borrowed.giveBack();
  }
}

/** Where every replica knows the lock, whichever is promoted knows it; but a primary that comes back empty empties them all. */
const claims: Claims = { exclusion: true, expires: true, ownerRelease: true, toleratesDown: 0, toleratesLoss: 0 };

export const failoverOptions = {
  ...singleOptions,
  waitReplicas: {
    kind: 'choice',
    default: '0',
    choices: ['all'],
    integers: { min: 0, max: 16 },
    help: 'replicas that must have acknowledged the lock before it counts',
  },
  waitTimeout: { kind: 'duration', default: 100, minMs: 1, maxMs: 60_000, help: 'how long WAIT waits for them' },
} as const;

export const failoverScripts = [compareAndDelete, compareAndExpire] as const;

export function judgeFailover(options: FailoverOptions, topology: Topology, more: Partial<Claims> = {}): Judgement {
  const needed = replicasNeeded(options, topology);
  return needed > topology.replicas
    ? { refused: `waitReplicas=${options.waitReplicas} needs as many replicas, and there are ${topology.replicas}` }
    : { claims: { ...claims, ...more }, ttl: { minMs: 1, maxMs: 86_400_000 } };
}

/** The first node is the primary, whichever server that is; the others are as many as there are replicas. */
export function openFailover(
  [primary, ...replicas]: readonly RedisNode[],
  env: StrategyEnv,
  options: FailoverOptions,
): Promise<LockSession> {
  const needed = replicasNeeded(options, { replicas: replicas.length });
  const plain = comparing(primary, options.timeout);
  const waiting: Variation = {
    ...plain,
    take: (key, token, ttlMs) =>
      acknowledged(primary, options, needed, setIfAbsent(key, token, ttlMs), evalSha(compareAndDelete, key, token)),
    // With its source: within a group a forgotten script could not be sent again.
    prolong: (command) => acknowledged(primary, options, needed, withSource(command), null),
  };
  return Promise.resolve(new SingleSession(primary, env, options, needed === 0 ? plain : waiting));
}

export default {
  name: 'failover',
  help: 'the primary of a replicated Redis; waitReplicas adds WAIT',
  engine: 'redis',
  topology: 'replicated',
  options: failoverOptions,
  scripts: failoverScripts,
  judge: (options, topology) => judgeFailover(options, topology),
  open: openFailover,
} satisfies LockStrategy<'redis', FailoverOptions>;
