/** The contestants of a plan: each with its options, its client, its topology, and what it then promises. */
import {
  LockbenchError,
  sentinelCount,
  type Addresses,
  type ClientName,
  type Endpoint,
  type Judgement,
  type LockStrategy,
  type Options,
  type OptionValue,
  type RetryPlan,
  type StrategyPlan,
  type Topology,
  type TopologyKind,
} from '../contract/index.js';
import { formatSettingMs } from '../base/units.js';
import type { Catalogue, RawOptions } from './catalogue.js';
import { parseField } from './parse-field.js';
import type { Problems } from './problems.js';
import { clientFor, clientsOf } from './resolve-client.js';
import { parseRetry } from './retry-text.js';
import { runOptions } from './run-options.js';
import { isPath, parseStrategies, type StrategyText } from './strategy-text.js';

/** Settings of the run that one contestant may have for itself. */
export const ownSettings = ['client', 'nodes', 'replicas', 'retry', 'retries'] as const;

/** Addresses of servers that are not ours. */
export interface Given {
  readonly external: readonly Endpoint[];
  readonly addresses: Addresses;
}

/** Which topologies an option counts the servers of. */
export const countedBy: Readonly<Record<'nodes' | 'replicas', readonly TopologyKind[]>> = {
  nodes: ['quorum', 'cluster'],
  replicas: ['replicated', 'sentinel'],
};

/** A cluster decides by majority, and an even number tolerates no more than the odd one below. */
const clusterSizes = [1, 3, 5];
const usualClusterSize = 3;

export function resolveStrategies(
  raw: RawOptions,
  catalogue: Catalogue,
  problems: Problems,
  ttlMs: number,
  given: Given,
): StrategyPlan[] {
  const texts = parseStrategies(raw.strategy ?? (runOptions.strategy.default as string));
  if (texts.length === 0) problems.add('--strategy', raw.strategy ?? '', 'at least one strategy');
  const plans = texts.flatMap((text) => resolveStrategy(text, raw, catalogue, problems, ttlMs) ?? []);
  for (const [option, kinds] of Object.entries(countedBy)) {
    if (
      raw[option] !== undefined &&
      plans.length === texts.length &&
      !plans.some((plan) => kinds.includes(plan.topology.kind))
    ) {
      problems.add(
        `--${option}`,
        raw[option],
        `a strategy of ${kinds.join(' or ')} topology (${plans.map((plan) => `${plan.name} is ${plan.topology.kind}`).join(', ')})`,
      );
    }
  }
  // What has such clients, and was refused this one, is told by itself.
  const clientless = plans.every(
    ({ engine, client, topology }) =>
      client === null && (topology.kind === 'none' || clientsOf({ engine }).length === 0),
  );
  if (raw.client !== undefined && plans.length === texts.length && clientless)
    problems.add(
      '--client',
      raw.client,
      `a strategy that runs on a Redis client (${plans.map(({ name }) => name).join(', ')} ${plans.length === 1 ? 'has' : 'have'} none)`,
    );
  for (const { label, engine, topology } of plans) {
    const needed = topology.nodes + topology.replicas + (topology.kind === 'sentinel' ? sentinelCount : 0);
    const known = clientsOf({ engine }).length > 0;
    const count = (known ? given.external : given.addresses[engine])?.length ?? 0;
    if (count > 0 && count < needed)
      problems.add(
        known ? '--redis' : `--${engine}`,
        `${count} ${count === 1 ? 'address' : 'addresses'}`,
        `${needed}, for ${label}${topology.nodes > 1 ? '; --nodes says how many it is to use' : ''}`,
      );
  }
  const labels = plans.map((plan) => plan.label);
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice !== undefined) problems.add('--strategy', twice, 'each contestant once; --repeat N runs it N times');
  return plans;
}

function resolveStrategy(
  text: StrategyText,
  raw: RawOptions,
  catalogue: Catalogue,
  problems: Problems,
  ttlMs: number,
): StrategyPlan | null {
  const found = isPath(text.name) ? catalogue.files.get(text.name) : undefined;
  const strategy = found?.strategy ?? catalogue.strategies.find((candidate) => candidate.name === text.name);
  if (strategy === undefined) {
    problems.unknown(
      '--strategy',
      text.name,
      'strategy',
      catalogue.strategies.map((one) => one.name),
    );
    return null;
  }
  const missing = found === undefined ? catalogue.missing.get(text.name) : undefined;
  if (missing !== undefined) throw missing;
  const own: Record<string, string> = {};
  const chosen: Record<string, string> = {};
  for (const [key, value] of text.settings) {
    if (Object.hasOwn(chosen, key) || Object.hasOwn(own, key))
      problems.refuse(`--strategy ${text.name}@${key}`, value, 'give it once');
    if (Object.hasOwn(strategy.options, key)) chosen[key] = value;
    else if ((ownSettings as readonly string[]).includes(key)) own[key] = value;
    else
      problems.unknown(`--strategy ${text.name}@${key}`, key, `option of ${strategy.name}`, [
        ...Object.keys(strategy.options),
        ...ownSettings,
      ]);
  }
  const merged = { ...raw, ...own };
  const where = (key: string): string => (Object.hasOwn(own, key) ? `--strategy ${text.name}@${key}` : `--${key}`);
  const read = <T extends OptionValue>(key: string): T => {
    const field = runOptions[key];
    const parsed =
      merged[key] === undefined || field.kind === 'text'
        ? { value: merged[key] ?? field.default }
        : parseField(field, merged[key]);
    if ('value' in parsed) return parsed.value as T;
    problems.add(where(key), merged[key], parsed.expected);
    return field.default as T;
  };
  const limit = raw['max-extensions'];
  const ownLimit = limit !== undefined && Object.hasOwn(strategy.options, 'maxExtensions');
  const wanted = ownLimit ? { maxExtensions: limit, ...chosen } : chosen;
  const options = strategyOptions(strategy, wanted, text.name, problems);
  const nodes =
    merged.nodes === undefined && strategy.topology === 'cluster' ? usualClusterSize : read<number>('nodes');
  const topology = topologyOf(strategy, nodes, read<number>('replicas'));
  if (topology.kind === 'cluster' && !clusterSizes.includes(nodes))
    problems.add(
      where('nodes'),
      String(merged.nodes),
      `1, 3 or 5 for ${strategy.name}, whose nodes decide by majority`,
    );
  const retry = retryOf(
    read<string>('retry'),
    merged.retries === undefined ? null : read<number>('retries'),
    where('retry'),
    problems,
  );
  const asked = merged.client === undefined ? null : read<ClientName>('client');
  const chosenClient = clientFor(strategy, asked, Object.hasOwn(own, 'client'));
  if ('refused' in chosenClient) problems.refuse(where('client'), merged.client, chosenClient.refused);
  if (options === null) return null;
  const judgement = judged(strategy, options, topology);
  const settings = text.settings.map(([key, value]) => `${key}=${value}`).join(',');
  const label = settings === '' ? strategy.name : `${strategy.name}@${settings}`;
  if ('refused' in judgement) {
    problems.refuse('--strategy', label, judgement.refused);
    return null;
  }
  const { minMs, maxMs } = judgement.ttl;
  if (ttlMs < minMs || ttlMs > maxMs)
    problems.add(
      '--ttl',
      formatSettingMs(ttlMs),
      `${formatSettingMs(minMs)} to ${formatSettingMs(maxMs)} for ${label}`,
    );
  return {
    label,
    name: strategy.name,
    file: found?.file ?? null,
    options,
    engine: strategy.engine,
    client: 'client' in chosenClient ? chosenClient.client : null,
    topology,
    retry,
    claims: judgement.claims,
  };
}

/** A strategy from elsewhere may get even this wrong; it is told as its own fault. */
function judged(strategy: LockStrategy, options: Options, topology: Topology): Judgement {
  const fault = (what: string): LockbenchError =>
    new LockbenchError(
      'BAD_PLUGIN',
      `judge() of the strategy ${strategy.name} ${what}`,
      'It must return { claims, ttl } or { refused }.',
    );
  let judgement: Judgement;
  try {
    judgement = strategy.judge(options, topology);
  } catch (error) {
    throw fault(`threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
  }
  if (
    typeof judgement === 'object' &&
    judgement !== null &&
    ('refused' in judgement || ('claims' in judgement && 'ttl' in judgement))
  )
    return judgement;
  throw fault(`returned ${JSON.stringify(judgement)}`);
}

function strategyOptions(strategy: LockStrategy, chosen: RawOptions, name: string, problems: Problems): Options | null {
  const options: Record<string, OptionValue> = {};
  let sound = true;
  for (const [key, field] of Object.entries(strategy.options)) {
    const parsed = chosen[key] === undefined ? { value: field.default } : parseField(field, chosen[key]);
    if ('value' in parsed) options[key] = parsed.value;
    else {
      problems.add(`--strategy ${name}@${key}`, chosen[key], parsed.expected);
      sound = false;
    }
  }
  return sound ? options : null;
}

function topologyOf(strategy: LockStrategy, nodes: number, replicas: number): Topology {
  const kind = strategy.topology;
  return {
    kind,
    nodes: kind === 'none' ? 0 : countedBy.nodes.includes(kind) ? nodes : 1,
    replicas: countedBy.replicas.includes(kind) ? replicas : 0,
  };
}

function retryOf(text: string, limit: number | null, option: string, problems: Problems): RetryPlan {
  const parsed = parseRetry(text);
  if ('value' in parsed) return { ...parsed.value, limit };
  problems.add(option, text, parsed.expected);
  return { kind: 'fixed', minMs: 0, maxMs: 0, limit };
}
