/**
 * Redlock with a fencing token for every grant: each node has a counter beside the lock, and the token is the highest count of
 * those that granted. Counters of several nodes go out of step, for a failed round counts up where it got the key. So before
 * the grant the token is written back, and counts only when a quorum has it while it still knows the lock as ours: whoever
 * is granted next shares a node with that quorum, and got the key there later. Where all of the quorum gave that very count
 * there is nothing to write.
 *
 * What it cannot do: a node that loses its data has forgotten its counter, too, and unlike a lost lock it does not mend when
 * leases have run out. Once all nodes that two quorums share have lost theirs, tokens begin anew, even where a delayed
 * restart has kept exclusion. `toleratesLoss` is so of the tokens as well.
 * Source: Kleppmann, "How to do distributed locking" (counters on several nodes "would go out of sync"); the answer of
 * antirez, "Is Redlock safe?".
 */
import type { Judgement, LockSession, LockStrategy, Topology } from '../src/contract/index.js';
import { fenceSuffix, raiseFence, raising, takeAndMint, taking } from '../src/kit/fences.js';
import { compareAndDelete, compareAndExpire } from '../src/kit/scripts.js';
import redlock, { RedlockSession, type RedlockOptions, type Taken } from './redlock.js';

class FencedSession extends RedlockSession {
  protected override async take(key: string, token: string, ttlMs: number): Promise<Taken> {
    const counts: number[] = [];
    const tally = await this.vote(taking(key, token, ttlMs), (reply) => {
      if (Number(reply) > 0) counts.push(Number(reply));
      return Number(reply) > 0;
    });
    if (tally.yes < this.quorum) return tally;
    const highest = Math.max(...counts);
    const fence = BigInt(highest);
    if (counts.filter((count) => count === highest).length >= this.quorum) return { ...tally, fence };
    return { ...(await this.vote(raising(key, token, highest), (reply) => reply === 1)), fence };
  }
}

/** A round may ask the nodes twice. Less than a majority excludes nobody, and orders nobody either. */
function judge(options: RedlockOptions, topology: Topology): Judgement {
  const judgement = redlock.judge({ ...options, nodeTimeout: 2 * options.nodeTimeout }, topology);
  if ('refused' in judgement) return judgement;
  return { ...judgement, claims: { ...judgement.claims, fences: judgement.claims.exclusion } };
}

export default {
  name: 'redlock-fenced',
  help: 'Redlock with fencing tokens: the highest count of a quorum, written back to a quorum',
  engine: 'redis',
  topology: 'quorum',
  options: redlock.options,
  scripts: [takeAndMint, raiseFence, compareAndDelete, compareAndExpire],
  standingSuffixes: [fenceSuffix],
  judge,
  open: (nodes, env, options): Promise<LockSession> => Promise.resolve(new FencedSession(nodes, env, options)),
} satisfies LockStrategy<'redis', RedlockOptions>;
