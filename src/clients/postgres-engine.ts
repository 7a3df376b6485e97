/** PostgreSQL as an engine: a pool of sessions. */
import { delay, nowMs, yieldTurn } from '../base/clock.js';
import { LockbenchError } from '../contract/index.js';
import type { EngineRequest, OpenedEngine } from './engine.js';
import { postgresOptions } from './postgres-options.js';
import { maxSessions, PgPool } from './postgres-pool.js';

const lookMs = 2;
/** What does not mend by itself: no such user, password, database. */
const refusals = /password|authentication|no pg_hba|role .* does not exist|database .* does not exist|SSL/i;

export async function openPostgresEngine(request: EngineRequest): Promise<OpenedEngine<'postgres'>> {
  const { endpoints, connectTimeoutMs, readyWaitMs } = request;
  const [endpoint] = endpoints;
  if (endpoint === undefined) throw new LockbenchError('BAD_PLAN', 'a design on PostgreSQL needs a server');
  let refused: LockbenchError | null = null;
  const pool = new PgPool(endpoint, connectTimeoutMs, (error) => {
    if (refusals.test(error.message)) refused ??= error;
  });
  const close = async (): Promise<void> => {
    pool.close();
    // Good-byes are on their way at the end of the turn.
    await yieldTurn();
  };
  const limitMs = nowMs() + readyWaitMs;
  pool.keepOne();
  while (!pool.up && refused === null && nowMs() < limitMs) await delay(lookMs);
  if (refused !== null) {
    await close();
    throw refused;
  }
  return {
    name: 'postgres',
    engine: pool,
    meter: pool.meter,
    options: postgresOptions(maxSessions),
    isUp: () => pool.up,
    // Sessions are nobody's but their borrower's: nothing is shared that could be waited for.
    answered: () => Promise.resolve(),
    failures: () => pool.failures(),
    close,
  };
}
