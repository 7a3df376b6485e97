/** Which Redis client a contestant runs on: the one that was asked for, where it can; a favourite of its own, where nobody asked. */
import type { ClientName, LockStrategy } from '../contract/index.js';

const libraryClients: readonly ClientName[] = ['ioredis', 'node-redis'];
export const allClients: readonly ClientName[] = [...libraryClients, 'pipelined'];

/** Those that it can run on, its favourite first; none where its engine has no such client. */
export function clientsOf({ engine, clients }: Pick<LockStrategy, 'engine' | 'clients'>): readonly ClientName[] {
  if (engine === 'library') return clients ?? libraryClients;
  return engine === 'redis' ? (clients ?? allClients) : [];
}

/**
 * `asked`: null where nobody did. `own`: it was asked of this contestant, and not of all. Null for an engine without such a
 * client, which is left in peace by what is asked of all.
 */
export function clientFor(
  strategy: Pick<LockStrategy, 'name' | 'engine' | 'clients'>,
  asked: ClientName | null,
  own: boolean,
): { readonly client: ClientName | null } | { readonly refused: string } {
  const able = clientsOf(strategy);
  if (able.length === 0 && asked !== null && own)
    return { refused: `${strategy.name} runs on ${strategy.engine}, without a Redis client` };
  if (able.length === 0) return { client: null };
  if (asked === null) return { client: able[0] };
  if (able.includes(asked)) return { client: asked };
  return { refused: `${strategy.name} runs on ${able.join(' or ')} only` };
}
