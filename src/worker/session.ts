/** The design's session of one worker: a strategy may fail to open, to settle or to close, or never come to an end of it. */
import {
  LockbenchError,
  type EngineName,
  type Engines,
  type LockSession,
  type LockStrategy,
  type StrategyEnv,
  type StrategyPlan,
} from '../contract/index.js';
import { delay, limit, nowMs } from '../base/clock.js';
import type { OpenedEngine } from '../clients/engine.js';

/** How long a strategy may take to open. */
const openMs = 5000;
/** How long releases owed and late answers are waited for after the last contender is done. */
const settleMs = 2000;
const settleStepMs = 50;
/** How long the strategy and the connections may take to close. */
const closeMs = 1000;

/** A strategy that fails to open, or never does, is told as its own fault. */
export async function openSession(
  design: LockStrategy,
  { label, options }: Pick<StrategyPlan, 'label' | 'options'>,
  engine: Engines[EngineName],
  env: StrategyEnv,
): Promise<LockSession> {
  const fault = (what: string, cause?: unknown): LockbenchError =>
    new LockbenchError('BAD_PLUGIN', `the strategy ${label} ${what}`, 'Its open() must give a session.', {
      cause,
    });
  const late = limit(openMs).then(() => {
    throw fault(`did not open within ${openMs / 1000} s`);
  });
  try {
    return await Promise.race([design.open(engine, env, options), late]);
  } catch (error) {
    if (error instanceof LockbenchError) throw error;
    throw fault(`failed to open: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`, error);
  }
}

/** What is still owed when patience ends: a node may be just about to come back. */
export async function settle(session: LockSession): Promise<number> {
  const untilMs = nowMs() + settleMs;
  for (;;) {
    const leftMs = untilMs - nowMs();
    await Promise.race([session.quiesce(), delay(Math.max(0, leftMs))]);
    const { pending } = session.backlog();
    if (pending === 0 || leftMs <= 0) return pending;
    await delay(settleStepMs);
  }
}

export async function closeSession(session: LockSession, opened: OpenedEngine): Promise<void> {
  await Promise.race([session.close().then(() => opened.close()), delay(closeMs)]);
}
