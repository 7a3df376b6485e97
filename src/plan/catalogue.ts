/** Loads what a plan can choose from: our own plug-ins, and strategies from files anywhere. */
import { resolve } from 'node:path';
import { LockbenchError, type Fault, type LoadShape, type LockStrategy, type Workload } from '../contract/index.js';
import { installedPackage, missingPackage } from '../base/packages.js';
import { listPlugins, loadPluginFile } from '../base/plugins.js';
import { parseField, showDefault } from './parse-field.js';

/** Options as text, by name; only those that were given. */
export type RawOptions = Readonly<Record<string, string>>;

/** What is there to choose from. */
export interface Catalogue {
  readonly strategies: readonly LockStrategy[];
  /** Published libraries whose package is not installed, by the name of the strategy: what to tell whoever asks for one. */
  readonly missing: ReadonlyMap<string, LockbenchError>;
  /** Strategies given as paths, by the path as it was written. */
  readonly files: ReadonlyMap<string, { readonly file: string; readonly strategy: LockStrategy }>;
  readonly workloads: readonly Workload[];
  readonly shapes: readonly LoadShape[];
  readonly faults: readonly Fault[];
}

/** `paths` are the strategies that are given as files, as they were written. */
export async function openCatalogue(paths: readonly string[] = []): Promise<Catalogue> {
  const files = new Map<string, { file: string; strategy: LockStrategy }>();
  for (const path of paths) {
    const file = resolve(path);
    files.set(path, { file, strategy: checked(path, await loadPluginFile<LockStrategy>('strategy', file)) });
  }
  const [strategies, workloads, shapes, faults] = await Promise.all([
    listPlugins<LockStrategy>('strategy'),
    listPlugins<Workload>('workload'),
    listPlugins<LoadShape>('load shape'),
    listPlugins<Fault>('fault'),
  ]);
  return { strategies, missing: missingOf(strategies), files, workloads, shapes, faults };
}

function missingOf(strategies: readonly LockStrategy[]): ReadonlyMap<string, LockbenchError> {
  return new Map(
    strategies.flatMap(({ name, library }) =>
      library === undefined || installedPackage(library) !== null ? [] : [[name, missingPackage(library)] as const],
    ),
  );
}

const topologyKinds: readonly string[] = ['none', 'single', 'quorum', 'replicated', 'sentinel', 'cluster'];
const engines: readonly string[] = ['redis', 'postgres', 'etcd', 'zookeeper', 'library'];

/** What a strategy from elsewhere must have, before it fails in some worker. */
function checked(path: string, strategy: LockStrategy): LockStrategy {
  const wrong = [
    typeof strategy.judge === 'function' ? '' : 'judge is no function',
    typeof strategy.open === 'function' ? '' : 'open is no function',
    topologyKinds.includes(strategy.topology) ? '' : `topology is ${JSON.stringify(strategy.topology)}`,
    engines.includes(strategy.engine) ? '' : `engine is ${JSON.stringify(strategy.engine)}`,
    typeof strategy.options === 'object' && strategy.options !== null ? '' : 'options is no object',
  ].filter((text) => text !== '');
  for (const [key, field] of Object.entries(strategy.options ?? {})) {
    if (!['integer', 'number', 'duration', 'boolean', 'choice'].includes(field.kind))
      wrong.push(`option ${key} is of kind ${JSON.stringify(field.kind)}`);
    else if (!('value' in parseField(field, showDefault(field))))
      wrong.push(`option ${key} has a default out of its range`);
  }
  if (wrong.length === 0) return strategy;
  throw new LockbenchError(
    'BAD_PLUGIN',
    `${path} is no strategy: ${wrong.join(', ')}`,
    'See "Adding a strategy" in the README.',
  );
}
