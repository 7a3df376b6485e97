/** What the servers promise to keep of a lock over a restart: the weakest of them, for a lock is as durable as that. Pure. */
import type { Claims, Environment, RunResult } from '../contract/index.js';

export type Durability = Pick<RunResult, 'persistence' | 'durability'>;

const words = { none: 'none', unknown: 'unknown', everysec: 'fsync every second', always: 'fsync' } as const;
const weakestFirst = ['none', 'unknown', 'everysec', 'always'] as const;

export function durabilityOf(servers: Environment['servers'], { volatile }: Claims): Durability {
  const each = servers.map(persistenceOf);
  const persistence = weakestFirst.find((candidate) => each.includes(candidate)) ?? 'none';
  const told = servers.find((_, i) => each[i] === persistence)?.settings['durability'];
  return { persistence, durability: volatile === true ? 'none' : (told ?? words[persistence]) };
}

/** Redis tells by its settings, other engines in words. */
function persistenceOf({ settings }: Environment['servers'][number]): RunResult['persistence'] {
  const { durability } = settings;
  if (durability !== undefined) {
    if (durability === 'none') return 'none';
    if (durability === words.everysec) return 'everysec';
    return durability.includes('fsync') ? 'always' : 'unknown';
  }
  if (settings['appendonly'] === 'no') return 'none';
  if (settings['appendonly'] !== 'yes') return 'unknown';
  return settings['appendfsync'] === 'always' ? 'always' : 'everysec';
}
