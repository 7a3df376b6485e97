/** One case against one contestant, and what came of it. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { delay, nowMs } from '../base/clock.js';
import type { Claims } from '../contract/index.js';
import { missingClaims } from './claimed.js';
import { firstCase } from './contestant.js';
import { limits, within } from './limits.js';
import type { CaseResult } from './results.js';
import type { ConformCase, Needs } from './types.js';
import { NotApplicable, Violation } from './verify.js';
import type { CaseWorld } from './world.js';

/** Where this process itself stood still for so long, a failure is no proof: the case is run again, so often at most. */
const stallMs = 30;
const repeats = 2;

/** For what the design throws from timers of its own. */
const strayMs = 2;

type Found = Pick<CaseResult, 'fails' | 'evidence'> & {
  readonly verdict: 'pass' | 'fail' | 'not-applicable' | 'error';
};

export interface Surroundings {
  /** Looks where the design keeps its lock. Never rejects. */
  prepare(): Promise<void>;
  readonly claims: Claims;
  readonly masters: number;
  readonly replicas: number;
  readonly control: boolean;
  /** All servers running, thawed and empty again. */
  reset(): Promise<void>;
  /** A fresh world for each attempt. */
  world(): CaseWorld;
  /** What the design threw outside of any call since it was asked last. */
  strays(): readonly string[];
}

export async function runCase(one: ConformCase, around: Surroundings): Promise<CaseResult> {
  const startMs = nowMs();
  const missing = missingClaims(one, around.claims);
  const lacking = reasonAgainst(one.needs ?? {}, around);
  let found: Found = { verdict: 'not-applicable', fails: false, evidence: lacking ?? '' };
  for (let run = 0; lacking === null && run <= repeats; run += 1) {
    const attempt = await attemptCase(one, around);
    found = attempt.found;
    await around.reset();
    if (!found.fails || attempt.stalledMs < stallMs) break;
  }
  const unclaimed = missing.length > 0 && (found.verdict === 'pass' || found.verdict === 'fail');
  return {
    case: one.name,
    behaviour: one.behaviour,
    source: one.source,
    ...found,
    verdict: unclaimed ? 'not-claimed' : found.verdict,
    missingClaims: missing,
    durationMs: Math.round(nowMs() - startMs),
  };
}

function reasonAgainst({ masters = 0, control, replicas, ttl }: Needs, around: Surroundings): string | null {
  if (masters > around.masters)
    return around.masters === 0
      ? 'it uses no server'
      : `needs ${masters} independent servers, and it uses ${around.masters}`;
  if (control === true && !around.control) return 'needs servers that are processes of ours, to stop and kill them';
  if (ttl === true && around.claims.lease === 'session') return 'its lease ends with the session, not after a time';
  if (ttl === true && around.claims.lease === 'renewed') return 'it keeps its lease alive by itself';
  if (replicas === true && around.replicas === 0) return 'it has no replicas';
  return null;
}

async function attemptCase(one: ConformCase, around: Surroundings): Promise<{ found: Found; stalledMs: number }> {
  const stalls = monitorEventLoopDelay({ resolution: 5 });
  const world = around.world();
  around.strays();
  stalls.enable();
  let found: Found = { verdict: 'pass', fails: false, evidence: '' };
  try {
    const late = (): Error => new Error(`the case has not ended after ${limits.caseMs} ms`);
    await within(one.run(world), limits.caseMs, late);
  } catch (error) {
    found = read(error);
  } finally {
    stalls.disable();
    await world.close();
  }
  await delay(strayMs);
  const strays = around.strays();
  if (strays.length > 0 && !found.fails) {
    found = { verdict: 'fail', fails: true, evidence: `it threw outside of any call: ${strays[0]}` };
  }
  return { found, stalledMs: stalls.max / 1e6 };
}

/** Of a design that cannot even be granted a free lock. */
export function notJudged({ name, behaviour, source }: ConformCase): CaseResult {
  const evidence = `not judged: ${firstCase} fails, and nothing can be seen without that`;
  const empty = { fails: false, missingClaims: [], durationMs: 0 };
  return { case: name, behaviour, source, verdict: 'not-applicable', evidence, ...empty };
}

function read(error: unknown): Found {
  if (error instanceof Violation) return { verdict: 'fail', fails: true, evidence: error.message };
  if (error instanceof NotApplicable) return { verdict: 'not-applicable', fails: false, evidence: error.message };
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { verdict: 'error', fails: false, evidence: text };
}
