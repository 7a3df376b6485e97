/** Loads what a plan can choose from: our own plug-ins, and strategies from files anywhere. */
import { resolve } from 'node:path';
import { LockbenchError, type Fault, type LoadShape, type LockStrategy, type Workload } from '../contract/index.js';
import { installedPackage, missingPackage } from '../base/packages.js';
import { choosePlugins, listPlugins, loadPluginFile, type Named, type PluginKind } from '../base/plugins.js';
import { parseFault, splitFaults } from './fault-text.js';
import { parseField, showDefault } from './parse-field.js';
import { runOptions } from './run-options.js';
import { isPath, parseStrategies } from './strategy-text.js';

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

/** All there is. `paths` are the strategies that are given as files, as they were written. */
export async function openCatalogue(paths: readonly string[] = []): Promise<Catalogue> {
  return catalogueOf(paths, listPlugins);
}

/** What these options name, and all there is of a kind where they name something unknown. */
export async function catalogueFor(raw: RawOptions): Promise<Catalogue> {
  const strategies = parseStrategies(raw.strategy ?? String(runOptions.strategy.default)).map(({ name }) => name);
  const faults = splitFaults(raw.fault ?? '').map(parseFault);
  const names: Partial<Record<PluginKind, readonly string[]>> = {
    strategy: strategies.filter((name) => !isPath(name)),
    workload: [raw.workload ?? String(runOptions.workload.default)],
    fault: faults.flatMap((fault) => ('name' in fault ? [fault.name] : [])),
  };
  return catalogueOf(strategies.filter(isPath), (kind) => {
    const named = names[kind];
    return named === undefined ? listPlugins(kind) : choosePlugins(kind, named);
  });
}

async function catalogueOf(
  paths: readonly string[],
  plugins: <T extends Named>(kind: PluginKind) => Promise<T[]>,
): Promise<Catalogue> {
  const files = new Map<string, { file: string; strategy: LockStrategy }>();
  for (const path of paths) {
    const file = resolve(path);
    files.set(path, { file, strategy: checked(path, await loadPluginFile<LockStrategy>('strategy', file)) });
  }
  const [strategies, workloads, shapes, faults] = await Promise.all([
    plugins<LockStrategy>('strategy'),
    plugins<Workload>('workload'),
    plugins<LoadShape>('load shape'),
    plugins<Fault>('fault'),
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
