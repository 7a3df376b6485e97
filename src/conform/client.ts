/**
 * A session of the design under test on connections of its own. Every call is bounded and every answer is checked, so a
 * design that never settles, throws or answers nonsense is found out and not waited for.
 */
import { noCancel } from '../base/cancel.js';
import { delay, nowMs } from '../base/clock.js';
import { openEngine, type OpenedEngine } from '../clients/engine.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import {
  LockbenchError,
  type AcquireOutcome,
  type AcquireRequest,
  type ExtendOutcome,
  type Grant,
  type LockSession,
  type LockStrategy,
  type Options,
  type ReleaseOutcome,
  type RetryPolicy,
  type StrategyPlan,
} from '../contract/index.js';
import { answerOption, envOf } from './env.js';
import { limits, within } from './limits.js';
import { checkAcquire, checkExtend, checkRelease } from './shape.js';
import type { Client } from './types.js';
import { ensure, NotApplicable, shown, Violation } from './verify.js';

export interface ClientSpec {
  readonly strategy: LockStrategy;
  readonly contestant: Pick<StrategyPlan, 'engine' | 'client'>;
  readonly endpoints: readonly NodeEndpoint[];
  readonly options: Options;
  /** Names its stream of random numbers. */
  readonly name: string;
  readonly retry?: RetryPolicy;
}

const connectTimeoutMs = 1_000;
const holdTries = 4;
const pollMs = 2;

export async function openClient(spec: ClientSpec): Promise<Client> {
  const scripts = spec.strategy.scripts ?? [];
  const opened = await openEngine(spec.contestant, spec.endpoints, {
    connectTimeoutMs,
    readyWaitMs: limits.openMs,
    scripts,
  });
  try {
    if (!opened.isUp())
      throw new LockbenchError('SERVER_FAILED', `no connection to a server within ${limits.openMs} ms`);
    const env = envOf(spec.name, spec.retry);
    const session = await asked('open', limits.openMs, () => spec.strategy.open(opened.engine, env, spec.options));
    return new CheckedClient(opened, session, spec);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

class CheckedClient implements Client {
  readonly boundMs: number;
  #closing: Promise<void> | null = null;

  constructor(
    private readonly opened: OpenedEngine,
    private readonly session: LockSession,
    { options, endpoints }: ClientSpec,
  ) {
    const name = answerOption(options);
    const answerMs = name === null ? limits.unknownAnswerMs : Number(options[name]);
    const replicaMs = typeof options['waitTimeout'] === 'number' ? options['waitTimeout'] : 0;
    // One after another in the worst case, and the undoing of a failed try comes on top.
    this.boundMs = (answerMs + replicaMs) * Math.max(3, endpoints.length) + limits.spareMs;
  }

  async acquire(key: string, ask: Partial<AcquireRequest> = {}): Promise<AcquireOutcome> {
    const request = { ttlMs: limits.leaseMs, waitMs: 0, cancel: noCancel, ...ask };
    const limitMs = Math.max(2 * this.boundMs, limits.spareMs) + request.waitMs;
    const outcome = await asked('acquire', limitMs, () => this.session.acquire(key, request));
    checkAcquire(outcome, key);
    return outcome;
  }

  async hold(key: string, ask: Partial<AcquireRequest> = {}): Promise<Grant> {
    for (let tries = 1; ; tries += 1) {
      const startMs = nowMs();
      const outcome = await this.acquire(key, ask);
      if (outcome.kind === 'granted') return outcome.grant;
      const isBusy = outcome.kind === 'refused' && outcome.why === 'busy';
      ensure(!isBusy && tries < holdTries, () => notHad(key, ask.waitMs ?? 0, nowMs() - startMs, outcome));
      await this.quiesce();
    }
  }

  async release(grant: Grant): Promise<ReleaseOutcome> {
    const outcome = await asked('release', 2 * this.boundMs, () => this.session.release(grant));
    checkRelease(outcome);
    return outcome;
  }

  async extend(grant: Grant, ttlMs: number): Promise<ExtendOutcome> {
    const { session } = this;
    if (session.extend === undefined) throw new NotApplicable('it does not extend leases');
    const outcome = await asked('extend', 2 * this.boundMs, () => session.extend!(grant, ttlMs));
    checkExtend(outcome);
    if (outcome.kind === 'refused') throw new NotApplicable('it refuses to extend');
    return outcome;
  }

  quiesce(): Promise<void> {
    return asked('quiesce', limits.quiesceMs, () => this.session.quiesce());
  }

  answered(): Promise<void> {
    return this.opened.answered();
  }

  backlog(): ReturnType<LockSession['backlog']> {
    const backlog = this.session.backlog();
    ensure(typeof backlog?.pending === 'number', () => `backlog answered ${shown(backlog)}`);
    return backlog;
  }

  commands(): number {
    return this.opened.meter.commands;
  }

  async connected(): Promise<void> {
    const limitMs = nowMs() + limits.eventuallyMs;
    while (!this.opened.isUp()) {
      if (nowMs() > limitMs) throw new Error(`connections are not back after ${limits.eventuallyMs} ms`);
      await delay(pollMs);
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    try {
      await asked('close', limits.closeMs, () => this.session.close());
    } finally {
      await this.opened.close();
    }
  }
}

/** Names are long where that may be the reason. */
const tellingLength = 100;

function notHad(key: string, waitMs: number, tookMs: number, outcome: AcquireOutcome): string {
  const named = key.length < tellingLength ? '' : ` with a name of ${key.length} characters`;
  if (waitMs === 0) return `acquire of a free lock${named} answered ${shown(outcome)}`;
  return `a wait of up to ${waitMs} ms for a lock${named} ended after ${tookMs.toFixed(0)} ms with ${shown(outcome)}`;
}

/** Settles in time and without an error, or it is a violation. */
async function asked<T>(call: string, limitMs: number, ask: () => Promise<T>): Promise<T> {
  const late = (): Error => new Violation(`${call} has not settled after ${Math.round(limitMs)} ms`);
  try {
    const promise = ask();
    ensure(typeof promise?.then === 'function', () => `${call} returned ${shown(promise)}, which is no promise`);
    return await within(promise, limitMs, late);
  } catch (error) {
    if (error instanceof Violation) throw error;
    throw new Violation(`${call} threw ${error instanceof Error ? `${error.name}: ${error.message}` : shown(error)}`);
  }
}
