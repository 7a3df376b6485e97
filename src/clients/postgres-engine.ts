/** PostgreSQL gets its sessions here. */
import { LockbenchError } from '../contract/index.js';
import type { EngineRequest, OpenedEngine } from './engine.js';

export function openPostgresEngine({ endpoints }: EngineRequest): Promise<OpenedEngine<'postgres'>> {
  const count = endpoints.length;
  return Promise.reject(new LockbenchError('NO_SERVER', `there is no client for ${count} servers of PostgreSQL here`));
}
