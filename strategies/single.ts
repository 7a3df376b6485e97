/**
 * One Redis: SET NX PX with a token of one's own; released and extended by scripts that compare the token first.
 * Source: Redis documentation, "Distributed locks with Redis", section "Correct implementation with a single instance".
 *
 * Validity counts from before the SET is sent, and is read again when the answer is there: an answer that comes after the
 * lease is over is no grant. A SET whose answer is lost may have taken effect, so it is released like a held one. As in the
 * source there is no allowance for drift: exclusion assumes that the server's clock does not run faster than ours.
 */
import type {
  AcquireOutcome,
  AcquireRequest,
  Command,
  ExtendOutcome,
  Grant,
  LockSession,
  LockStrategy,
  RedisNode,
  ReleaseOutcome,
  Reply,
  StrategyEnv,
} from '../src/contract/index.js';
import { Lease, letGo } from '../src/kit/lease.js';
import { Releases, type OnAnswer } from '../src/kit/releases.js';
import { acquireWithRetry, type Try } from '../src/kit/retry.js';
import { compareAndDelete, compareAndExpire, evalSha, setIfAbsent } from '../src/kit/scripts.js';
import { call, type Answer } from '../src/kit/send.js';

export interface SingleOptions {
  readonly timeout: number;
  readonly maxExtensions: number;
}

export const singleOptions = {
  timeout: { kind: 'duration', default: 500, minMs: 1, maxMs: 60_000, help: 'how long an answer is waited for' },
  maxExtensions: { kind: 'integer', default: 10, min: 0, max: 1_000_000, help: 'how often one lease may be extended' },
} as const;

/** How designs on one node differ: the way to take the key, and the way to give it back. */
export interface Variation {
  /** Asks for the key; a reply of 'OK' or of 1 or more grants it. */
  take(key: string, token: string, ttlMs: number): Promise<Answer>;
  /** The fencing token in a reply that grants; absent: there is none. */
  fenceOf?(reply: Reply): bigint;
  /** Sends the command that extends the lease. */
  prolong(command: Command): Promise<Answer>;
  /** The command that frees the key; a reply of 1 means that there was something to free. */
  freeing(key: string, token: string): Command;
  /** False for a lock without expiry. */
  readonly expires: boolean;
}

export class SingleSession implements LockSession {
  protected readonly releases: Releases;

  constructor(
    private readonly node: RedisNode,
    protected readonly env: StrategyEnv,
    private readonly options: SingleOptions,
    private readonly variation: Variation = comparing(node, options.timeout),
  ) {
    this.releases = new Releases([node], env, options.timeout);
  }

  acquire(key: string, request: AcquireRequest): Promise<AcquireOutcome> {
    return acquireWithRetry(this.env, request, () => this.tryOnce(key, request.ttlMs));
  }

  protected async tryOnce(key: string, ttlMs: number): Promise<Try> {
    const token = this.env.token();
    const startMs = this.env.nowMs();
    const validUntilMs = this.variation.expires ? startMs + ttlMs : Infinity;
    const { failure, reply } = await this.variation.take(key, token, ttlMs);
    if (failure?.fate === 'not-executed') return { kind: 'refused', why: 'unreachable' };
    if (failure !== null) {
      this.#undo(key, token, startMs, validUntilMs);
      return { kind: 'unknown', failure };
    }
    if (reply !== 'OK' && !(Number(reply) >= 1)) return { kind: 'refused', why: 'busy' };
    const decidedMs = this.env.nowMs();
    if (decidedMs >= validUntilMs) {
      this.#undo(key, token, startMs, validUntilMs);
      return { kind: 'refused', why: 'too-late' };
    }
    const fence = this.variation.fenceOf?.(reply);
    return { kind: 'granted', grant: new Lease(key, token, validUntilMs, startMs, fence), decidedMs };
  }

  release(grant: Grant): Promise<ReleaseOutcome> {
    letGo(grant);
    return new Promise((resolve) =>
      this.giveBack(grant as Lease, (reply) =>
        resolve(
          reply === undefined ? { kind: 'unknown', failure: noAnswer } : { kind: reply === 1 ? 'released' : 'lost' },
        ),
      ),
    );
  }

  protected giveBack(lease: Lease, onAnswer: OnAnswer): void {
    const { key, token, startedMs, validUntilMs } = lease;
    const command = this.variation.freeing(key, token);
    this.releases.sendAll([this.node], { command, sinceMs: startedMs, untilMs: validUntilMs }, onAnswer);
  }

  async extend(grant: Grant, ttlMs: number): Promise<ExtendOutcome> {
    const lease = grant as Lease;
    if (lease.isOver(this.env.nowMs())) return { kind: 'lost' };
    if (!this.variation.expires || lease.extensions >= this.options.maxExtensions) return { kind: 'refused' };
    lease.extensions += 1;
    const startMs = this.env.nowMs();
    const command = evalSha(compareAndExpire, lease.key, lease.token, ttlMs);
    const { failure, reply } = await this.variation.prolong(command);
    const nowMs = this.env.nowMs();
    if (failure === null && reply === 1 && nowMs < Math.min(lease.validUntilMs, startMs + ttlMs)) {
      lease.validUntilMs = startMs + ttlMs;
      return { kind: 'extended', validUntilMs: lease.validUntilMs };
    }
    if (failure !== null && nowMs < lease.validUntilMs) {
      lease.shorten(startMs + ttlMs);
      return { kind: 'unknown' };
    }
    lease.lose();
    return { kind: 'lost' };
  }

  /** Frees what may be ours. A plain DEL cannot ask whose it is, so without a comparison it is left to expire. */
  #undo(key: string, token: string, sinceMs: number, untilMs: number): void {
    const command = this.variation.freeing(key, token);
    if (command.script !== undefined) this.releases.sendAll([this.node], { command, sinceMs, untilMs });
  }

  quiesce = (): Promise<void> => this.releases.quiesce();
  backlog = (): ReturnType<Releases['backlog']> => this.releases.backlog();
  close = (): Promise<void> => Promise.resolve(this.releases.close());
}

const noAnswer = { code: 'DOWN', fate: 'maybe-executed', message: 'the release was not answered' } as const;

/** The textbook's correct way: SET NX PX, compare and delete. */
export function comparing(node: RedisNode, timeoutMs: number): Variation {
  return {
    take: (key, token, ttlMs) => call(node.shared, setIfAbsent(key, token, ttlMs), timeoutMs),
    prolong: (command) => call(node.shared, command, timeoutMs),
    freeing: (key, token) => evalSha(compareAndDelete, key, token),
    expires: true,
  };
}

export default {
  name: 'single',
  help: 'one Redis: SET NX PX, released by compare-and-delete',
  engine: 'redis',
  topology: 'single',
  options: singleOptions,
  scripts: [compareAndDelete, compareAndExpire],
  judge: () => ({
    claims: { exclusion: true, expires: true, ownerRelease: true, toleratesDown: 0, toleratesLoss: 0 },
    ttl: { minMs: 1, maxMs: 86_400_000 },
  }),
  open: (nodes, env, options) => Promise.resolve(new SingleSession(nodes[0], env, options)),
} satisfies LockStrategy<'redis', SingleOptions>;
