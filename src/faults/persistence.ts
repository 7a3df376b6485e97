/** What a killed server still has when it comes back: `--persistence` speaks of Redis and its kin; others always write a log. */
import type { EngineName, Persistence } from '../contract/index.js';

const logging: ReadonlySet<EngineName> = new Set(['etcd', 'zookeeper']);

/** A process that is killed loses nothing that it has written, whether that was synced or not. */
export function persistenceOf(engine: EngineName, asked: Persistence): Persistence {
  return logging.has(engine) ? 'always' : asked;
}
