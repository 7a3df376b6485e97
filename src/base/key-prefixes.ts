/** Under which prefixes the keys of a run lie: some libraries put a word of their own before the name of a lock. */
import type { LockStrategy, StrategyPlan } from '../contract/index.js';
import { loadPlugin, loadPluginFile } from './plugins.js';

/** Those besides `keyPrefix` itself. A design that is not here any more (of another revision) has none. */
export async function otherKeyPrefixes(
  designs: readonly Pick<StrategyPlan, 'name' | 'file'>[],
  keyPrefix: string,
): Promise<readonly string[]> {
  const loaded = designs.map(({ name, file }) =>
    file === null ? loadPlugin<LockStrategy>('strategy', name) : loadPluginFile<LockStrategy>('strategy', file),
  );
  const designsHere = await Promise.all(loaded.map((design) => design.catch(() => null)));
  const prefixes = designsHere.map((design) => design?.redisKey?.(keyPrefix) ?? keyPrefix);
  return [...new Set(prefixes)].filter((prefix) => prefix !== keyPrefix);
}
