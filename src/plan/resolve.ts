/**
 * Options -> one frozen, JSON-safe plan. Pure: everything is decided and validated before a server starts, and every
 * problem is found before the first is told.
 */
import {
  LockbenchError,
  planSchemaVersion,
  type ClientName,
  type Endpoint,
  type Holder,
  type Judgement,
  type KeyChoice,
  type LoadShape,
  type LockStrategy,
  type Options,
  type OptionValue,
  type Persistence,
  type Plan,
  type RetryPlan,
  type ServersKind,
  type StrategyPlan,
  type Topology,
  type Workload,
} from '../contract/index.js';
import { formatSettingMs } from '../base/units.js';
import { parseField } from './parse-field.js';
import { Problems } from './problems.js';
import { parseRetry } from './retry-text.js';
import { runOptions } from './run-options.js';
import { isPath, parseStrategies, type StrategyText } from './strategy-text.js';

/** Options as text, by name; only those that were given. */
export type RawOptions = Readonly<Record<string, string>>;

/** What is there to choose from. */
export interface Catalogue {
  readonly strategies: readonly LockStrategy[];
  /** Strategies given as paths, by the path as it was written. */
  readonly files: ReadonlyMap<string, { readonly file: string; readonly strategy: LockStrategy }>;
  readonly workloads: readonly Workload[];
  readonly shapes: readonly LoadShape[];
}

/** With `operations` and no duration, the window ends by time after this at the latest. */
const operationsCapMs = 600_000;

/** Settings of the run that one contestant may have for itself. */
const ownSettings = ['client', 'nodes', 'replicas', 'retry', 'retries'] as const;

export function resolvePlan(raw: RawOptions, catalogue: Catalogue, external: readonly Endpoint[], seed: number): Plan {
  const problems = new Problems();
  for (const name of Object.keys(raw)) {
    if (!Object.hasOwn(runOptions, name)) problems.unknown(`--${name}`, name, 'option', Object.keys(runOptions));
  }
  for (const name of ownSettings) readOption(name, raw, problems);
  const value = <T extends OptionValue>(name: string): T => readOption(name, raw, problems) as T;
  const given = (name: string): boolean => raw[name] !== undefined;

  const load = given('rate') && !given('load') ? 'rate' : value<string>('load');
  const shape = catalogue.shapes.find((candidate) => candidate.name === load);
  if (shape === undefined)
    problems.unknown(
      '--load',
      load,
      'load shape',
      catalogue.shapes.map((one) => one.name),
    );
  const rateHz = given('rate') ? value<number>('rate') : null;
  if (shape?.open === true && rateHz === null) problems.add('--rate', '', `arrivals per second, for --load ${load}`);
  if (shape?.open === false && rateHz !== null)
    problems.add('--rate', raw.rate, `--load rate (with --load ${load} there is no rate)`);
  const workload = value<string>('workload');
  if (!catalogue.workloads.some((candidate) => candidate.name === workload)) {
    problems.unknown(
      '--workload',
      workload,
      'workload',
      catalogue.workloads.map((one) => one.name),
    );
  }
  const operations = given('operations') ? value<number>('operations') : null;
  const servers = external.length > 0 && !given('servers') ? 'external' : value<ServersKind>('servers');
  if (servers === 'external' && external.length === 0) problems.add('--redis', '', 'addresses, for --servers external');
  if (servers === 'external' && given('persistence'))
    problems.refuse(
      '--persistence',
      raw.persistence,
      'external servers keep their own; the report tells what they say',
    );
  if (servers !== 'external' && external.length > 0)
    problems.add('--servers', servers, 'external, when --redis is given');
  const ttlMs = value<number>('ttl');
  const waitMs = value<number>('wait');
  const plan: Plan = {
    schemaVersion: planSchemaVersion,
    seed: given('seed') ? value<number>('seed') : seed,
    strategies: resolveStrategies(raw, catalogue, problems, ttlMs, external.length),
    repeat: value<number>('repeat'),
    servers,
    image: value<string>('image'),
    persistence: value<Persistence>('persistence'),
    external: external.map(({ host, port, tls }) => ({ host, port, tls })),
    keyPrefix: value<string>('key-prefix'),
    workers: value<number>('workers'),
    contenders: value<number>('contenders'),
    keys: value<number>('keys'),
    keyChoice: value<KeyChoice>('key-choice'),
    workload,
    holder: value<Holder>('holder'),
    load,
    rateHz,
    durationMs: operations !== null && !given('duration') ? operationsCapMs : value<number>('duration'),
    warmupMs: value<number>('warmup'),
    operations,
    ttlMs,
    holdMs: value<number>('hold'),
    thinkMs: value<number>('think'),
    waitMs,
    extendEveryMs: given('extend-every') ? value<number>('extend-every') : null,
  };
  if (plan.keyPrefix === '')
    problems.add('--key-prefix', '', 'at least one character: the run deletes the keys that begin with it');
  if (plan.workers * plan.contenders > 65_535)
    problems.add('--contenders', String(plan.contenders), 'at most 65,535 contenders over all workers');
  problems.throwIfAny();
  return deepFreeze(plan);
}

function readOption(name: string, raw: RawOptions, problems: Problems): OptionValue {
  const field = runOptions[name];
  const text = raw[name];
  if (text === undefined) return field.default;
  if (field.kind === 'text') return text;
  const parsed = parseField(field, text);
  if ('value' in parsed) return parsed.value;
  problems.add(`--${name}`, text, parsed.expected);
  return field.default;
}

function resolveStrategies(
  raw: RawOptions,
  catalogue: Catalogue,
  problems: Problems,
  ttlMs: number,
  externalCount: number,
): StrategyPlan[] {
  const texts = parseStrategies(raw.strategy ?? (runOptions.strategy.default as string));
  if (texts.length === 0) problems.add('--strategy', raw.strategy ?? '', 'at least one strategy');
  const plans = texts.flatMap((text) => resolveStrategy(text, raw, catalogue, problems, ttlMs) ?? []);
  for (const [kind, option] of [
    ['quorum', 'nodes'],
    ['replicated', 'replicas'],
  ] as const) {
    if (
      raw[option] !== undefined &&
      plans.length === texts.length &&
      !plans.some((plan) => plan.topology.kind === kind)
    ) {
      problems.add(
        `--${option}`,
        raw[option],
        `a strategy of ${kind} topology (${plans.map((plan) => `${plan.name} is ${plan.topology.kind}`).join(', ')})`,
      );
    }
  }
  for (const { label, topology } of plans) {
    const needed = topology.kind === 'none' ? 0 : topology.nodes + topology.replicas;
    if (externalCount > 0 && externalCount < needed)
      problems.add('--redis', `${externalCount} addresses`, `${needed}, for ${label}`);
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
  const options = strategyOptions(strategy, chosen, text.name, problems);
  const topology = topologyOf(strategy, read<number>('nodes'), read<number>('replicas'));
  const retry = retryOf(
    read<string>('retry'),
    merged.retries === undefined ? null : read<number>('retries'),
    where('retry'),
    problems,
  );
  const client = read<ClientName>('client');
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
    client,
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
    nodes: kind === 'none' ? 0 : kind === 'quorum' ? nodes : 1,
    replicas: kind === 'replicated' ? replicas : 0,
  };
}

function retryOf(text: string, limit: number | null, option: string, problems: Problems): RetryPlan {
  const parsed = parseRetry(text);
  if ('value' in parsed) return { ...parsed.value, limit };
  problems.add(option, text, parsed.expected);
  return { kind: 'fixed', minMs: 0, maxMs: 0, limit };
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
