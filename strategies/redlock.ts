/**
 * Redlock: the same token set on N independent masters; the lock is held when a quorum granted it within its validity.
 * Source: Redis documentation, "Distributed locks with Redis", sections "The Redlock algorithm", "Asynchronous",
 * "Retry on failure", "Releasing the lock" and "Safety arguments" (drift); antirez/redlock-rb for the size of the drift.
 *
 * - All nodes are asked at once; a round is decided as soon as the quorum is reached or can no longer be reached.
 * - A fresh token every round: a key left by an earlier round can never vote for or against us by mistake.
 * - validity = TTL - elapsed - drift, drift = TTL x driftFactor + 2 ms; the monotonic clock is read again before granting.
 * - Released on all nodes after success and after failure, without holding up the caller; nodes that were down or did not
 *   answer get it when they are back.
 */
import type {
  AcquireOutcome,
  AcquireRequest,
  Command,
  ExtendOutcome,
  Grant,
  Judgement,
  LockSession,
  LockStrategy,
  RedisNode,
  ReleaseOutcome,
  Reply,
  StrategyEnv,
  Topology,
} from '../src/contract/index.js';
import { Lease, letGo } from '../src/kit/lease.js';
import { Releases, type OnAnswer } from '../src/kit/releases.js';
import { acquireWithRetry, type Try } from '../src/kit/retry.js';
import { compareAndDelete, compareAndExpire, evalSha, setIfAbsent } from '../src/kit/scripts.js';
import { ballot, ballotInTurn, type Tally } from '../src/kit/send.js';

export interface RedlockOptions {
  readonly quorum: string;
  readonly fanout: string;
  readonly nodeTimeout: number;
  readonly driftFactor: number;
  readonly maxExtensions: number;
}

/** 1 ms for the precision of expiry in Redis, 1 ms as the least for small TTLs. */
const driftFloorMs = 2;

/** The votes of a round, and the token that the grant is to carry, where one was minted. */
export interface Taken extends Tally {
  readonly fence?: bigint;
}

export class RedlockSession implements LockSession {
  protected readonly quorum: number;
  protected readonly releases: Releases;
  readonly #ballot: typeof ballot;

  constructor(
    protected readonly nodes: readonly RedisNode[],
    protected readonly env: StrategyEnv,
    private readonly options: RedlockOptions,
  ) {
    this.releases = new Releases(nodes, env, options.nodeTimeout);
    this.quorum = quorumOf(options, nodes.length);
    this.#ballot = options.fanout === 'sequential' ? ballotInTurn : ballot;
  }

  acquire(key: string, request: AcquireRequest): Promise<AcquireOutcome> {
    return acquireWithRetry(this.env, request, () => this.#round(key, request.ttlMs));
  }

  async #round(key: string, ttlMs: number): Promise<Try> {
    const token = this.env.token();
    const startMs = this.env.nowMs();
    const { yes, failed, fence } = await this.take(key, token, ttlMs);
    const validUntilMs = startMs + ttlMs - this.driftMs(ttlMs);
    const decidedMs = this.env.nowMs();
    if (yes >= this.quorum && decidedMs < validUntilMs) {
      return { kind: 'granted', grant: new Lease(key, token, validUntilMs, startMs, fence), decidedMs };
    }
    this.releases.sendAll(this.nodes, {
      command: evalSha(compareAndDelete, key, token),
      sinceMs: startMs,
      untilMs: Infinity,
    });
    if (yes >= this.quorum) return { kind: 'refused', why: 'too-late' };
    return { kind: 'refused', why: this.nodes.length - failed < this.quorum ? 'unreachable' : 'busy' };
  }

  /** Asks for the key. A design that asks for more overrides it: validity is looked at behind it. */
  protected take(key: string, token: string, ttlMs: number): Promise<Taken> {
    return this.vote(setIfAbsent(key, token, ttlMs), (reply) => reply === 'OK');
  }

  /** Answered as soon as a quorum has: whether it still was ours there. The other nodes are told all the same. */
  release(grant: Grant): Promise<ReleaseOutcome> {
    letGo(grant);
    return new Promise((resolve) => {
      let released = 0;
      let lost = 0;
      let silent = 0;
      const total = this.nodes.length;
      this.giveBack(grant as Lease, (reply) => {
        if (reply === undefined) silent += 1;
        else if (reply === 1) released += 1;
        else lost += 1;
        if (released === this.quorum) resolve({ kind: 'released' });
        else if (total - lost < this.quorum) resolve({ kind: 'lost' });
        else if (released + lost + silent === total) resolve({ kind: 'unknown', failure: noQuorum });
      });
    });
  }

  /** Counts only on a quorum and within the validity that it extends, and only so often: else a holder could keep it for ever. */
  async extend(grant: Grant, ttlMs: number): Promise<ExtendOutcome> {
    const lease = grant as Lease;
    if (lease.isOver(this.env.nowMs())) return { kind: 'lost' };
    if (lease.extensions >= this.options.maxExtensions) return { kind: 'refused' };
    lease.extensions += 1;
    const startMs = this.env.nowMs();
    const tally = await this.vote(evalSha(compareAndExpire, lease.key, lease.token, ttlMs), (reply) => reply === 1);
    const validUntilMs = startMs + ttlMs - this.driftMs(ttlMs);
    if (tally.yes >= this.quorum && this.env.nowMs() < Math.min(lease.validUntilMs, validUntilMs)) {
      lease.validUntilMs = validUntilMs;
      return { kind: 'extended', validUntilMs };
    }
    if (tally.yes + tally.failed >= this.quorum && this.env.nowMs() < lease.validUntilMs) {
      lease.shorten(validUntilMs);
      return { kind: 'unknown' };
    }
    lease.lose();
    return { kind: 'lost' };
  }

  protected vote(command: Command, isYes: (reply: Reply) => boolean): Promise<Tally> {
    return this.#ballot(this.nodes, command, this.options.nodeTimeout, this.quorum, isYes);
  }

  /** `onAnswer` is told once for each node. */
  protected giveBack({ key, token, startedMs }: Lease, onAnswer: OnAnswer): void {
    const command = evalSha(compareAndDelete, key, token);
    this.releases.sendAll(this.nodes, { command, sinceMs: startedMs, untilMs: Infinity }, onAnswer);
  }

  protected driftMs(ttlMs: number): number {
    return ttlMs * this.options.driftFactor + driftFloorMs;
  }

  quiesce = (): Promise<void> => this.releases.quiesce();
  backlog = (): ReturnType<Releases['backlog']> => this.releases.backlog();
  close = (): Promise<void> => Promise.resolve(this.releases.close());
}

const noQuorum = { code: 'TIMEOUT', fate: 'maybe-executed', message: 'no quorum answered the release' } as const;

function quorumOf(options: RedlockOptions, nodes: number): number {
  if (options.quorum === 'majority') return Math.floor(nodes / 2) + 1;
  return options.quorum === 'all' ? nodes : Number(options.quorum);
}

/** Two holders share at least 2q - N nodes: all of these must lose the key before exclusion is lost. */
function judge(options: RedlockOptions, topology: Topology): Judgement {
  const quorum = quorumOf(options, topology.nodes);
  if (quorum > topology.nodes)
    return { refused: `quorum=${quorum} needs as many nodes, and there are ${topology.nodes}` };
  const common = 2 * quorum - topology.nodes;
  return {
    claims: {
      exclusion: common > 0,
      expires: true,
      ownerRelease: true,
      toleratesDown: topology.nodes - quorum,
      toleratesLoss: Math.max(0, common - 1),
    },
    ttl: { minMs: Math.ceil((options.nodeTimeout + driftFloorMs + 1) / (1 - options.driftFactor)), maxMs: 86_400_000 },
  };
}

export default {
  name: 'redlock',
  help: 'N independent Redis masters, held when a quorum grants within validity',
  engine: 'redis',
  topology: 'quorum',
  options: {
    quorum: {
      kind: 'choice',
      default: 'majority',
      choices: ['majority', 'all'],
      integers: { min: 1, max: 99 },
      help: 'nodes that must grant (less than a majority excludes nobody)',
    },
    fanout: {
      kind: 'choice',
      default: 'parallel',
      choices: ['parallel', 'sequential'],
      help: 'ask all nodes at once, or one after another as the first description did',
    },
    nodeTimeout: {
      kind: 'duration',
      default: 50,
      minMs: 1,
      maxMs: 60_000,
      help: 'how long one node is waited for, from the write',
    },
    driftFactor: {
      kind: 'number',
      default: 0.01,
      min: 0,
      max: 0.5,
      help: 'share of the TTL allowed for clocks of different rate',
    },
    maxExtensions: {
      kind: 'integer',
      default: 10,
      min: 0,
      max: 1_000_000,
      help: 'how often one lease may be extended',
    },
  },
  scripts: [compareAndDelete, compareAndExpire],
  judge,
  open: (nodes, env, options) => Promise.resolve(new RedlockSession(nodes, env, options)),
} satisfies LockStrategy<'redis', RedlockOptions>;
