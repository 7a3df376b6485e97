/**
 * `single` on the primary of a replicated topology. Replication is asynchronous, so a promoted replica may not know the
 * newest locks; `waitReplicas` adds WAIT, and counts too few acknowledgements as a failed acquire.
 * Source: Redis documentation, "Distributed locks with Redis", section "Why failover-based implementations are not enough".
 *
 * WAIT blocks everybody on its connection, so it goes over a borrowed one, right behind its SET. A failed acquire is
 * undone on the same connection: over another the release could overtake the SET.
 */
import type { LockStrategy, RedisNode, Topology } from '../src/contract/index.js';
import { noCancel } from '../src/base/cancel.js';
import { compareAndDelete, compareAndExpire, evalSha, setIfAbsent } from '../src/kit/scripts.js';
import { call, callGroup, type Answer } from '../src/kit/send.js';
import { comparing, singleOptions, SingleSession, type SingleOptions } from './single.js';

interface FailoverOptions extends SingleOptions {
  readonly waitReplicas: string;
  readonly waitTimeout: number;
}

function replicasNeeded(options: FailoverOptions, topology: Pick<Topology, 'replicas'>): number {
  return options.waitReplicas === 'all' ? topology.replicas : Number(options.waitReplicas);
}

async function takeAndWait(
  node: RedisNode,
  options: FailoverOptions,
  needed: number,
  key: string,
  token: string,
  ttlMs: number,
): Promise<Answer> {
  const borrowed = await node.borrow(noCancel).catch(() => null);
  if (borrowed === null)
    return { failure: { code: 'DOWN', fate: 'not-executed', message: 'no connection' }, reply: null };
  try {
    const { lane } = borrowed;
    const commands = [setIfAbsent(key, token, ttlMs), { name: 'WAIT', args: [needed, options.waitTimeout] }];
    const answer = await callGroup(lane, commands, options.timeout + options.waitTimeout);
    if (answer.failure !== null) {
      await call(lane, evalSha(compareAndDelete, key, token), options.timeout);
      return answer;
    }
    const [taken, acknowledged] = answer.reply as readonly [string | null, number];
    if (taken === null || acknowledged >= needed) return { failure: null, reply: taken };
    const undone = await call(lane, evalSha(compareAndDelete, key, token), options.timeout);
    const fate = undone.failure === null ? 'not-executed' : 'maybe-executed';
    return {
      failure: { code: 'TIMEOUT', fate, message: `${acknowledged} of ${needed} replicas acknowledged` },
      reply: null,
    };
  } finally {
    borrowed.giveBack();
  }
}

export default {
  name: 'failover',
  help: 'the primary of a replicated Redis; waitReplicas adds WAIT',
  engine: 'redis',
  topology: 'replicated',
  options: {
    ...singleOptions,
    waitReplicas: {
      kind: 'choice',
      default: '0',
      choices: ['all'],
      integers: { min: 0, max: 16 },
      help: 'replicas that must have acknowledged the lock before it counts',
    },
    waitTimeout: { kind: 'duration', default: 100, minMs: 1, maxMs: 60_000, help: 'how long WAIT waits for them' },
  },
  scripts: [compareAndDelete, compareAndExpire],
  judge: (options, topology) =>
    replicasNeeded(options, topology) > topology.replicas
      ? { refused: `waitReplicas=${options.waitReplicas} needs as many replicas, and there are ${topology.replicas}` }
      : {
          claims: { exclusion: true, expires: true, ownerRelease: true, toleratesDown: 0, toleratesLoss: 0 },
          ttl: { minMs: 1, maxMs: 86_400_000 },
        },
  open: (nodes, env, options) => {
    const primary = nodes[0];
    const needed = replicasNeeded(options, { replicas: nodes.length - 1 });
    const plain = comparing(primary, options.timeout);
    const variation =
      needed === 0
        ? plain
        : {
            ...plain,
            take: (key: string, token: string, ttlMs: number) =>
              takeAndWait(primary, options, needed, key, token, ttlMs),
          };
    return Promise.resolve(new SingleSession(primary, env, options, variation));
  },
} satisfies LockStrategy<'redis', FailoverOptions>;
